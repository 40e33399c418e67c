#include "work/queues/finding.hpp"

#include <algorithm>

namespace acme::queues {
namespace {

// Three tables, each read from its newest on and no further than the page needs. A row of `jobs`
// that has a refusal is one that a release before this one buried there.
constexpr pg::Query find_jobs{"queues.find_jobs", R"sql(
    WITH moment AS (SELECT coalesce($9::timestamptz, now()) AS now),
    live AS (
        SELECT id, CASE
                WHEN lease > 0 THEN 'running'
                WHEN refusal IS NOT NULL THEN 'dead'
                WHEN parked_due_at <= now THEN 'parked'
                WHEN coalesce(parked_due_at, due_at) <= now THEN 'waiting'
                WHEN attempt > 0 THEN 'retrying'
                ELSE 'scheduled' END AS state,
            queue_id, kind, args, priority, attempt, attempts_max, timeout_ms, key, user_id,
            created_at, coalesce(parked_due_at, due_at) AS due_at,
            CASE WHEN lease > 0 THEN started_at END AS started_at,
            NULL::timestamptz AS ended_at, cancel_asked_at, coalesce(error_type, refusal) AS error_type,
            error, NULL::text AS output,
            (SELECT holder FROM job_leases WHERE job_leases.id = jobs.lease) AS worker,
            traceparent, request_id
        FROM jobs, moment
        WHERE org_id = $1 AND ($7::bigint IS NULL OR id < $7)
            AND ($10::bigint[] IS NULL OR id = ANY($10))
    ),
    dead AS (
        SELECT id, outcome AS state, queue_id, kind, args, priority, attempt, attempts_max, timeout_ms,
            key, user_id, created_at, due_at, started_at, ended_at,
            NULL::timestamptz AS cancel_asked_at, error_type, error, NULL::text AS output, worker,
            traceparent, request_id
        FROM jobs_dead
        WHERE org_id = $1 AND ($7::bigint IS NULL OR id < $7)
            AND ($10::bigint[] IS NULL OR id = ANY($10))
    ),
    ended AS (
        SELECT id, outcome AS state, queue_id, kind, args, priority, attempt,
            NULL::int AS attempts_max, NULL::int AS timeout_ms, key, user_id, created_at, due_at,
            started_at, ended_at, NULL::timestamptz AS cancel_asked_at, error_type, error, output,
            worker, traceparent, request_id
        FROM job_ends
        WHERE org_id = $1 AND outcome IN ('done', 'cancelled') AND ($7::bigint IS NULL OR id < $7)
            AND ($10::bigint[] IS NULL OR id = ANY($10))
    ),
    found AS (
        SELECT * FROM (SELECT * FROM live
            WHERE ($2::int IS NULL OR queue_id = $2) AND ($3::text IS NULL OR state = $3)
              AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR key = $5)
              AND ($6::text IS NULL OR user_id = $6)
              AND ($11::text IS NULL OR error_type = $11)
              AND ($12::text IS NULL OR starts_with(error, $12))
            ORDER BY id DESC LIMIT $8::int) AS a
        UNION ALL
        SELECT * FROM (SELECT * FROM dead
            WHERE ($2::int IS NULL OR queue_id = $2) AND ($3::text IS NULL OR state = $3)
              AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR key = $5)
              AND ($6::text IS NULL OR user_id = $6)
              AND ($11::text IS NULL OR error_type = $11)
              AND ($12::text IS NULL OR starts_with(error, $12))
            ORDER BY id DESC LIMIT $8::int) AS b
        UNION ALL
        SELECT * FROM (SELECT * FROM ended
            WHERE ($2::int IS NULL OR queue_id = $2) AND ($3::text IS NULL OR state = $3)
              AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR key = $5)
              AND ($6::text IS NULL OR user_id = $6)
              AND ($11::text IS NULL OR error_type = $11)
              AND ($12::text IS NULL OR starts_with(error, $12))
            ORDER BY id DESC LIMIT $8::int) AS c
    )
    SELECT found.id, state, queue.name, kind, args, priority::bigint, attempt::bigint,
        coalesce(found.attempts_max, queue.attempts_max)::bigint,
        coalesce(found.timeout_ms, queue.timeout_ms)::bigint, key, user_id, found.created_at,
        due_at, started_at, ended_at, cancel_asked_at, error_type,
        error, output, worker, traceparent, request_id
    FROM found JOIN job_queues AS queue ON queue.org_id = $1 AND queue.id = found.queue_id
    ORDER BY found.id DESC LIMIT $8::int
)sql"};

constexpr pg::Query find_queue{"queues.find_queue", R"sql(
    SELECT id::text FROM job_queues WHERE org_id = $1 AND name = $2
)sql"};

constexpr pg::Query list_attempts{"queues.list_attempts", R"sql(
    SELECT attempt::bigint, began_at, ended_at, outcome, error_type, error, worker,
           traceparent
    FROM (SELECT * FROM job_attempts WHERE org_id = $1 AND job_id = $2
          ORDER BY ended_at DESC LIMIT 100) AS newest
    ORDER BY ended_at
)sql"};

constexpr pg::Query find_progress{"queues.find_progress", R"sql(
    SELECT percent::float8, coalesce(note, ''), coalesce(data, ''), at FROM job_progress
    WHERE org_id = $1 AND job_id = $2
)sql"};

constexpr pg::Query group_causes{"queues.causes", R"sql(
    WITH failed AS (
        SELECT * FROM (
            SELECT id, queue_id, kind, error_type, error, ended_at AS at, true AS is_dead FROM jobs_dead
            WHERE org_id = $1 AND ($2::int IS NULL OR queue_id = $2)
            ORDER BY id DESC LIMIT 10000) AS dead
        UNION ALL
        SELECT * FROM (
            SELECT id, queue_id, kind, coalesce(error_type, refusal), error,
                   coalesce(started_at, created_at), refusal IS NOT NULL FROM jobs
            WHERE org_id = $1 AND ($2::int IS NULL OR queue_id = $2) AND coalesce(lease, 0) = 0
              AND (error_type IS NOT NULL AND attempt > 0 OR refusal IS NOT NULL)
            ORDER BY id DESC LIMIT 10000) AS retrying
    ), cause AS (
        SELECT queue.name, kind, coalesce(error_type, '') AS type, left(coalesce(error, ''), 200) AS text,
            count(*) FILTER (WHERE is_dead) AS dead, count(*) FILTER (WHERE NOT is_dead) AS retrying,
            min(at) AS first_at, max(at) AS last_at, max(failed.id) AS example,
            (array_agg(failed.id ORDER BY at, failed.id))[1] AS first
        FROM failed JOIN job_queues AS queue ON queue.org_id = $1 AND queue.id = failed.queue_id
        GROUP BY 1, 2, 3, 4 ORDER BY dead DESC, retrying DESC, last_at DESC LIMIT 100
    )
    SELECT name, kind, type, text, dead, retrying, first_at, last_at, example, (
        SELECT release FROM job_attempts
        WHERE org_id = $1 AND job_id = first AND error_type = type AND release IS NOT NULL
        ORDER BY ended_at LIMIT 1
    )
    FROM cause ORDER BY dead DESC, retrying DESC, last_at DESC
)sql"};

Job job_in(pg::Row row) {
    // A braced list is read from left to right, as the row is.
    return {
        .id = JobId{row.integer()},
        .state = row.text(),
        .queue = row.text(),
        .kind = row.text(),
        .args = row.text(),
        .priority = row.integer(),
        .attempt = row.integer(),
        .attempts_max = row.integer_or_null(),
        .timeout_ms = row.integer_or_null(),
        .key = row.text_or_null(),
        .user = row.text_or_null(),
        .created_at = row.time(),
        .due_at = row.time_or_null(),
        .started_at = row.time_or_null(),
        .ended_at = row.time_or_null(),
        .cancel_asked_at = row.time_or_null(),
        .error_type = row.text_or_null(),
        .error = row.text_or_null(),
        .output = row.text_or_null(),
        .worker = row.text_or_null(),
        .traceparent = row.text(),
        .request_id = row.text(),
    };
}

Attempt attempt_in(pg::Row row) {
    return {
        .number = row.integer(),
        .began_at = row.time_or_null(),
        .ended_at = row.time(),
        .outcome = row.text(),
        .error_type = row.text_or_null(),
        .error = row.text_or_null(),
        .worker = row.text_or_null(),
        .traceparent = row.text(),
    };
}

Progress progress_in(pg::Row row) {
    Progress progress;
    if (row.is_null()) {
        row.skip();
    } else {
        progress.percent = row.number();
    }
    progress.note = row.text();
    progress.data = row.text();
    progress.at = row.time();
    return progress;
}

}  // namespace

bool is_state(std::string_view text) { return std::ranges::count(states, text) > 0; }

bool has_ended(std::string_view state) {
    return state == "done" || state == "dead" || state == "cancelled" || state == "discarded";
}

std::unexpected<Error> no_such_job() {
    return refuse(ErrorKind::not_found, "queues.no_job", "There is no such job.");
}

Task<std::vector<Job>> find_all(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Filter filter,
    std::optional<JobId> before,
    int limit
) {
    std::optional<std::string> queue;
    if (filter.queue) {
        const auto rows = co_await db.run(context, find_queue, owner, *filter.queue);
        if (rows.empty()) co_return std::vector<Job>();
        queue = rows[0].text();
    }
    std::optional<std::string> below;
    if (before) below = std::to_string(before->number);
    const auto rows = co_await db.run(
        context,
        find_jobs,
        owner,
        queue,
        filter.state,
        filter.kind,
        filter.key,
        filter.user,
        below,
        limit,
        pg::sql_now(clock),
        filter.ids,
        filter.error_type,
        filter.error
    );
    std::vector<Job> jobs;
    for (int i = 0; i < rows.size(); ++i) jobs.push_back(job_in(rows[i]));
    co_return jobs;
}

Task<Result<Details>> find(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, JobId id
) {
    Filter filter;
    filter.ids = std::vector<std::int64_t>{id.number};
    auto jobs = co_await find_all(db, context, clock, owner, std::move(filter), std::nullopt, 1);
    if (jobs.empty()) co_return no_such_job();
    Details details{.job = std::move(jobs[0]), .attempts = {}, .progress = std::nullopt};
    const auto attempts = co_await db.run(context, list_attempts, owner, id.number);
    for (int i = 0; i < attempts.size(); ++i) details.attempts.push_back(attempt_in(attempts[i]));
    const auto progress = co_await db.run(context, find_progress, owner, id.number);
    if (!progress.empty()) details.progress = progress_in(progress[0]);
    co_return details;
}

Task<std::vector<Cause>> causes(
    pg::Database& db, trace::Context context, Owner owner, std::optional<std::string> queue
) {
    std::optional<std::string> id;
    if (queue) {
        const auto rows = co_await db.run(context, find_queue, owner, *queue);
        if (rows.empty()) co_return std::vector<Cause>();
        id = rows[0].text();
    }
    const auto rows = co_await db.run(context, group_causes, owner, id);
    std::vector<Cause> causes;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        causes.push_back({
            .queue = row.text(),
            .kind = row.text(),
            .error_type = row.text(),
            .error = row.text(),
            .dead = row.integer(),
            .retrying = row.integer(),
            .first_at = row.time(),
            .last_at = row.time(),
            .example = JobId{row.integer()},
            .release = row.text_or_null(),
        });
    }
    co_return causes;
}

}  // namespace acme::queues
