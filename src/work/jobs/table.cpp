// Leases, and what is claimed under them.
#include "work/jobs/table.hpp"

#include "base/text.hpp"

#include <array>

namespace acme::jobs {
namespace {

constexpr pg::Query insert_lease{"jobs.open_lease", R"sql(
    INSERT INTO job_leases (holder, slots, release, expires_at)
    VALUES (
        $1, $4::int, nullif($5, ''), coalesce($2::timestamptz, now()) + $3::bigint * interval '1 ms'
    )
    RETURNING id
)sql"};

constexpr pg::Query extend_lease{"jobs.renew_lease", R"sql(
    UPDATE job_leases
    SET expires_at = coalesce($2::timestamptz, now()) + $3::bigint * interval '1 ms',
        abandoned = $4::int
    WHERE id = $1 AND expires_at > coalesce($2::timestamptz, now()) RETURNING id
)sql"};

constexpr pg::Query end_lease{"jobs.close_lease", R"sql(
    UPDATE job_leases SET expires_at = '-infinity' WHERE id = $1
)sql"};

constexpr pg::Query list_queues{"jobs.queues", R"sql(
    SELECT id, paused_at IS NOT NULL, running_max IS NOT NULL OR rate_per_s IS NOT NULL,
        attempts_max
    FROM job_queues WHERE org_id = '' ORDER BY id
)sql"};

// SKIP LOCKED: workers pass each other without waiting. ANY(ARRAY()), not a join: with a join the
// planner, which does not know the limit, reads the whole table after the fifth time. LATERAL: one
// walk along jobs_ready for each range, none of which goes past what is due, and none begins before
// the last is used up. coalesce(lease, 0) = 0 is what that index says. One commit for what was
// finished and what is claimed. The first row is there even if nothing was claimed: it says what
// was lost.
constexpr pg::Query cycle_jobs{"jobs.cycle", R"sql(
    WITH done AS (
        DELETE FROM jobs
        WHERE id = ANY($9::bigint[]) AND coalesce(lease, 0) = $1 AND attempt = $10::int
        RETURNING id, org_id, queue_id, kind, attempt, priority, created_at, due_at, started_at,
            error_type, error, args, key, user_id, traceparent, request_id
    ), kept AS (
        INSERT INTO job_ends (
            id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, started_at,
            ended_at, error_type, error, args, key, user_id, traceparent, request_id, worker
        )
        SELECT id, org_id, queue_id, kind, 'done', attempt, priority, created_at, due_at,
            started_at, coalesce($2::timestamptz, now()), error_type, error, args, key, user_id,
            traceparent, request_id, $11
        FROM done WHERE queue_id IN (SELECT q.id FROM job_queues q WHERE q.keep_done_s > 0)
    ), claimed AS (
        UPDATE jobs SET attempt = attempt + 1, lease = $1, cancel_asked_at = NULL,
            started_at = coalesce($2::timestamptz, now())
        WHERE ctid = ANY(ARRAY(
            SELECT ready.ctid
            FROM unnest($5::bigint[], $6::bigint[], $7::timestamptz[], $8::bigint[])
                AS part(queue_id, priority, due_at, id)
            CROSS JOIN LATERAL (
                SELECT jobs.ctid FROM jobs
                WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0
                  AND jobs.queue_id = part.queue_id::int AND org_id = ''
                  AND jobs.priority = part.priority::smallint
                  AND (jobs.due_at, jobs.id) > (part.due_at, part.id)
                  AND jobs.due_at <= coalesce($2::timestamptz, now())
                  AND kind = ANY($3::text[]) AND EXISTS (
                      SELECT FROM job_leases
                      WHERE job_leases.id = $1 AND expires_at > coalesce($2::timestamptz, now())
                  )
                ORDER BY jobs.due_at, jobs.id LIMIT $4::bigint FOR UPDATE SKIP LOCKED
            ) AS ready LIMIT $4::bigint
        ))
        RETURNING id, queue, queue_id, priority, kind, args, args_version, attempt, rescues,
            attempts_max, timeout_ms, key, due_at, traceparent, request_id
    ), told AS (
        SELECT CASE WHEN count(*) < cardinality($9::bigint[])
            THEN coalesce(array_agg(id), '{}')::text END AS found
        FROM done
    )
    SELECT found, id, queue, queue_id, priority::int, kind, args, args_version::int, attempt,
        rescues, attempts_max, timeout_ms, coalesce(key, ''), due_at, traceparent, request_id,
        coalesce($2::timestamptz, now())
    FROM told LEFT JOIN claimed ON true
)sql"};

constexpr pg::Query claim_one_suspect{"jobs.claim_suspect", R"sql(
    UPDATE jobs SET attempt = attempt + 1, lease = $1, cancel_asked_at = NULL,
        started_at = coalesce($2::timestamptz, now())
    WHERE id = ANY(ARRAY(
        SELECT id FROM jobs
        WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues > 0 AND org_id = ''
          AND due_at <= coalesce($2::timestamptz, now())
          AND kind = ANY($3::text[]) AND queue_id = ANY($4::bigint[]) AND EXISTS (
              SELECT FROM job_leases
              WHERE id = $1 AND expires_at > coalesce($2::timestamptz, now())
          )
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING NULL::text, id, queue, queue_id, priority::int, kind, args, args_version::int,
        attempt, rescues, attempts_max, timeout_ms, coalesce(key, ''), due_at, traceparent,
        request_id, coalesce($2::timestamptz, now())
)sql"};

constexpr pg::Query ask_room{"jobs.room", R"sql(
    SELECT job_queue_room($1::int, $2::int, $3::timestamptz)
)sql"};

constexpr pg::Query return_tokens{"jobs.return_tokens", R"sql(
    UPDATE job_rates SET tokens = tokens + $2::int WHERE queue_id = $1::int
)sql"};

constexpr pg::Query give_back_jobs{"jobs.give_back", R"sql(
    UPDATE jobs
    SET lease = CASE WHEN org_id <> '' THEN 0 END, attempt = attempt - 1,
        due_at = greatest(due_at, coalesce($3::timestamptz, now()))
    WHERE lease = $1 AND id <> ALL($2::bigint[]) RETURNING id
)sql"};

constexpr pg::Query return_jobs{"jobs.return", R"sql(
    UPDATE jobs
    SET lease = CASE WHEN org_id <> '' THEN 0 END, attempt = attempt - 1,
        due_at = greatest(due_at, coalesce($3::timestamptz, now()))
    WHERE id = ANY($2::bigint[]) AND lease = $1
)sql"};

constexpr pg::Query list_cancels{"jobs.cancels", R"sql(
    SELECT id FROM jobs WHERE lease = $1 AND cancel_asked_at IS NOT NULL
)sql"};

/// A row of a claim: what was found of those to be finished, and a job or only NULLs.
std::vector<Job> read_jobs(const pg::Rows& rows, std::int64_t lease) {
    std::vector<Job> jobs;
    jobs.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        row.skip();
        if (row.is_null()) break;
        // A braced list is read from left to right, as the row is.
        jobs.push_back({
            .id = row.integer(),
            .lease = lease,
            .queue = row.text(),
            .queue_id = row.integer(),
            .priority = static_cast<int>(row.integer()),
            .kind = row.text(),
            .args = row.text(),
            .args_version = static_cast<int>(row.integer()),
            .attempt = static_cast<int>(row.integer()),
            .rescues = row.integer(),
            .attempts_max = row.integer_or_null(),
            .timeout_ms = row.integer_or_null(),
            .key = row.text(),
            .due_at = row.time(),
            .traceparent = row.text(),
            .request_id = row.text(),
            .waited = {},
        });
        using std::chrono::milliseconds;
        Job& job = jobs.back();
        job.waited = std::chrono::duration_cast<milliseconds>(row.time() - job.due_at);
    }
    return jobs;
}

struct Ranges {
    explicit Ranges(const std::vector<Range>& ranges) {
        for (const Range& range : ranges) {
            queues.push_back(range.queue_id);
            priorities.push_back(range.priority);
            const bool is_whole = range.due_at == WallTime::min();
            due.push_back(is_whole ? "-infinity" : to_rfc3339(range.due_at));
            ids.push_back(range.id);
        }
    }

    std::vector<std::int64_t> queues;
    std::vector<std::int64_t> priorities;
    std::vector<std::string> due;
    std::vector<std::int64_t> ids;
};

/// Of `asked` those that are not in "{1,2}".
std::vector<std::int64_t> missing_in(std::string_view found, std::vector<std::int64_t> asked) {
    for (std::size_t at = 1; at < found.size();) {
        const std::size_t end = found.find_first_of(",}", at);
        if (const auto id = parse_number<std::int64_t>(found.substr(at, end - at))) {
            std::erase(asked, *id);
        }
        at = end + 1;
    }
    return asked;
}

Cycle read_cycle(const pg::Rows& rows, std::int64_t lease, std::vector<std::int64_t> done) {
    constexpr int columns_before_now = 16;
    pg::Row last = rows[0];
    for (int i = 0; i < columns_before_now; ++i) last.skip();
    Cycle cycle{.claimed = read_jobs(rows, lease), .lost = {}, .now = last.time()};
    const bool are_all_there = done.empty() || rows[0].is_null();
    if (!are_all_there) cycle.lost = missing_in(rows[0].text(), std::move(done));
    return cycle;
}

template <class Session>
Task<pg::Rows> cycle_by(
    Session& session,
    trace::Context context,
    std::int64_t lease,
    Ask ask,
    std::vector<std::int64_t> done,
    int attempt,
    std::optional<WallTime> now,
    std::string worker
) {
    const Ranges ranges(ask.ranges);
    return session.run(
        context,
        cycle_jobs,
        lease,
        now,
        ask.kinds,
        ask.count,
        ranges.queues,
        ranges.priorities,
        ranges.due,
        ranges.ids,
        done,
        attempt,
        worker
    );
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    constexpr std::array<std::string_view, 7> names{
        "done", "dead", "retried", "snoozed", "cancelled", "discarded", "interrupted"
    };
    return names[static_cast<std::size_t>(outcome)];
}

Task<std::int64_t> Table::open_lease(
    trace::Context context, std::chrono::milliseconds time, std::size_t slots, std::string release
) {
    const auto rows = co_await db_.run(
        context, insert_lease, worker_, pg::sql_now(clock_), time.count(), slots, release
    );
    co_return rows[0].integer();
}

Task<bool> Table::renew_lease(
    trace::Context context,
    std::int64_t lease,
    std::chrono::milliseconds time,
    std::size_t abandoned
) {
    const auto rows = co_await db_.run(
        context, extend_lease, lease, pg::sql_now(clock_), time.count(), abandoned
    );
    co_return !rows.empty();
}

Task<> Table::close_lease(trace::Context context, std::int64_t lease) {
    co_await db_.run(context, end_lease, lease);
}

Task<std::vector<Queue>> Table::queues(trace::Context context) {
    const auto rows = co_await db_.run(context, list_queues);
    std::vector<Queue> queues;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        queues.push_back({
            .id = row.integer(),
            .is_paused = row.boolean(),
            .is_limited = row.boolean(),
            .attempts_max = static_cast<int>(row.integer()),
        });
    }
    co_return queues;
}

Task<Cycle> Table::cycle(
    trace::Context context, std::int64_t lease, Ask ask, std::vector<std::int64_t> done, int attempt
) {
    const auto rows = co_await cycle_by(
        db_, context, lease, std::move(ask), done, attempt, pg::sql_now(clock_), worker_
    );
    co_return read_cycle(rows, lease, std::move(done));
}

Task<Cycle> Table::claim_apart(trace::Context context, std::int64_t lease, Ask ask) {
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await cycle_by(
        transaction, context, lease, std::move(ask), {}, 1, pg::sql_now(clock_), worker_
    );
    co_await transaction.commit(context);
    co_return read_cycle(rows, lease, {});
}

Task<std::vector<Job>> Table::claim_limited(
    trace::Context context, std::int64_t lease, Ask ask, bool wants_suspect
) {
    const std::int64_t queue = ask.ranges.at(0).queue_id;
    const auto now = pg::sql_now(clock_);
    auto transaction = co_await db_.begin(context);
    const auto room = co_await transaction.run(context, ask_room, queue, ask.count, now);
    const std::int64_t count = room[0].integer();
    if (count == 0) co_return std::vector<Job>{};
    std::vector<Job> jobs;
    if (wants_suspect) {
        const std::vector<std::int64_t> queues{queue};
        const auto suspects =
            co_await transaction.run(context, claim_one_suspect, lease, now, ask.kinds, queues);
        jobs = read_jobs(suspects, lease);
    }
    ask.count = static_cast<std::size_t>(count) - jobs.size();
    const auto rows =
        co_await cycle_by(transaction, context, lease, std::move(ask), {}, 1, now, worker_);
    for (Job& job : read_jobs(rows, lease)) jobs.push_back(std::move(job));
    const std::int64_t unused = count - static_cast<std::int64_t>(jobs.size());
    if (unused > 0) co_await transaction.run(context, return_tokens, queue, unused);
    co_await transaction.commit(context);
    co_return jobs;
}

Task<std::vector<Job>> Table::claim_suspect(
    trace::Context context,
    std::int64_t lease,
    std::vector<std::string> kinds,
    std::vector<std::int64_t> queues
) {
    const auto rows =
        co_await db_.run(context, claim_one_suspect, lease, pg::sql_now(clock_), kinds, queues);
    co_return read_jobs(rows, lease);
}

Task<int> Table::give_back(
    trace::Context context, std::int64_t lease, std::vector<std::int64_t> kept
) {
    const auto rows = co_await db_.run(context, give_back_jobs, lease, kept, pg::sql_now(clock_));
    co_return rows.size();
}

Task<> Table::return_unstarted(
    trace::Context context, std::int64_t lease, std::vector<std::int64_t> ids
) {
    co_await db_.run(context, return_jobs, lease, ids, pg::sql_now(clock_));
}

Task<std::vector<std::int64_t>> Table::find_cancels(trace::Context context, std::int64_t lease) {
    const auto rows = co_await db_.run(context, list_cancels, lease);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < rows.size(); ++i) ids.push_back(rows[i].integer());
    co_return ids;
}

}  // namespace acme::jobs
