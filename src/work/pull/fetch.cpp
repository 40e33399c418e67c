// Which jobs a worker outside gets.
#include "base/text.hpp"
#include "work/pull/words.hpp"

namespace acme::queues::pull {
namespace {

constexpr pg::Query look{"pull.look", R"sql(
    WITH mine AS (
        SELECT queue.id FROM job_leases AS lease JOIN job_queues AS queue
            ON queue.org_id = $1 AND queue.name = ANY(lease.queues) AND queue.paused_at IS NULL
        WHERE lease.org_id = $1 AND lease.id = $2 AND lease.state = 'run'
    ), later AS (
        SELECT min(first.due_at) - coalesce($3::timestamptz, now()) AS time
        FROM mine, generate_series(0, 9) AS level, LATERAL (
            SELECT due_at FROM jobs WHERE org_id = $1 AND queue_id = mine.id AND priority = level
                AND due_at > coalesce($3::timestamptz, now()) AND due_at < 'infinity'
                AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0
            ORDER BY due_at LIMIT 1) AS first
    )
    SELECT NOT EXISTS (SELECT FROM job_leases WHERE org_id = $1 AND id = $2 AND state = 'run')
    OR EXISTS (
        SELECT FROM mine, generate_series(0, 9) AS level, LATERAL (
            SELECT id FROM jobs WHERE org_id = $1 AND queue_id = mine.id AND priority = level
                AND due_at <= coalesce($3::timestamptz, now()) AND coalesce(lease, 0) = 0
                AND refusal IS NULL AND rescues = 0
            ORDER BY due_at LIMIT 1) AS first
    ) OR EXISTS (
        SELECT FROM jobs WHERE org_id = $1 AND due_at <= coalesce($3::timestamptz, now())
            AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues > 0
            AND queue_id IN (SELECT id FROM mine)
    ),
    (SELECT ceil(extract(epoch FROM time) * 1000)::bigint FROM later),
    (SELECT array_to_string(array_agg(queue.id), ' ') FROM job_leases AS lease JOIN job_queues AS queue
        ON queue.org_id = $1 AND queue.name = ANY(lease.queues)
     WHERE lease.org_id = $1 AND lease.id = $2)
)sql"};

constexpr pg::Query find_queue{"pull.find_queue", R"sql(
    SELECT id::bigint FROM job_queues WHERE org_id = $1 AND name = $2
)sql"};

constexpr pg::Query ask_for_room{"pull.ask_for_room", R"sql(
    SELECT job_queue_room($1::int, $2::int, $3::timestamptz)::bigint
)sql"};

constexpr pg::Query return_room{"pull.return_room", R"sql(
    UPDATE job_rates SET tokens = tokens + $2::bigint WHERE queue_id = $1::int
)sql"};

// ANY(ARRAY()), not a join, and a range for each priority: the plan stays the same however many
// wait, and jobs of the future are never passed by. What was rescued goes alone: it may have taken
// its worker with it.
constexpr pg::Query claim_jobs{"pull.claim", R"sql(
    WITH claimed AS (
        UPDATE jobs
        SET attempt = attempt + 1, lease = $2, started_at = coalesce($4::timestamptz, now())
        FROM job_queues AS queue
        WHERE queue.org_id = $1 AND queue.id = jobs.queue_id AND jobs.org_id = $1
          AND jobs.id = ANY(ARRAY(
            SELECT free.id FROM generate_series(0, 9) AS level, LATERAL (
                SELECT id FROM jobs
                WHERE org_id = $1 AND queue_id = $3::int AND priority = level
                  AND due_at <= coalesce($4::timestamptz, now()) AND coalesce(lease, 0) = 0
                  AND refusal IS NULL AND rescues = 0
                ORDER BY due_at, id LIMIT $5::int FOR UPDATE SKIP LOCKED) AS free
            LIMIT $5::int
          ))
        RETURNING jobs.id, queue, kind, args, attempt::bigint,
            coalesce(jobs.attempts_max, queue.attempts_max)::bigint AS attempts_max,
            coalesce(jobs.timeout_ms, queue.timeout_ms)::bigint AS timeout_ms, key,
            jobs.created_at, traceparent, priority, due_at
    )
    SELECT id, queue, kind, args, attempt, attempts_max, timeout_ms, key, created_at, traceparent
    FROM claimed ORDER BY priority, due_at, id
)sql"};

constexpr pg::Query claim_suspect{"pull.claim_suspect", R"sql(
    UPDATE jobs SET attempt = attempt + 1, lease = $2, started_at = coalesce($4::timestamptz, now())
    FROM job_queues AS queue
    WHERE queue.org_id = $1 AND queue.id = jobs.queue_id AND jobs.org_id = $1 AND jobs.id = ANY(ARRAY(
        SELECT id FROM jobs
        WHERE org_id = $1 AND queue_id = $3::int AND due_at <= coalesce($4::timestamptz, now())
          AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues > 0
          AND NOT EXISTS (SELECT FROM jobs AS held
                          WHERE held.org_id = $1 AND held.lease = $2 AND held.rescues > 0)
        ORDER BY due_at, id LIMIT $5::int FOR UPDATE SKIP LOCKED
    ))
    RETURNING jobs.id, queue, kind, args, attempt::bigint,
        coalesce(jobs.attempts_max, queue.attempts_max)::bigint,
        coalesce(jobs.timeout_ms, queue.timeout_ms)::bigint, key, jobs.created_at, traceparent
)sql"};

Fetched fetched_in(pg::Row row) {
    // A braced list is read from left to right, as the row is.
    return {
        .id = JobId{row.integer()},
        .queue = row.text(),
        .kind = row.text(),
        .args = row.text(),
        .attempt = row.integer(),
        .attempts_max = row.integer(),
        .timeout_ms = row.integer(),
        .key = row.text_or_null(),
        .created_at = row.time(),
        .traceparent = row.text(),
    };
}

/// At most `wanted` of one queue, as its pause, its limit and its rate allow.
Task<std::vector<Fetched>> fetch_of(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::int64_t queue,
    std::int64_t wanted
) {
    std::vector<Fetched> jobs;
    const auto now = pg::sql_now(clock);
    const auto room = co_await transaction.run(context, ask_for_room, queue, wanted, now);
    const std::int64_t may = room[0].integer();
    if (may == 0) co_return jobs;
    const auto suspect = co_await transaction.run(
        context, claim_suspect, owner, lease.number, queue, now, std::int64_t{1}
    );
    for (int i = 0; i < suspect.size(); ++i) jobs.push_back(fetched_in(suspect[i]));
    const std::int64_t left = may - std::ssize(jobs);
    if (left > 0) {
        const auto rows =
            co_await transaction.run(context, claim_jobs, owner, lease.number, queue, now, left);
        for (int i = 0; i < rows.size(); ++i) jobs.push_back(fetched_in(rows[i]));
    }
    const std::int64_t unused = may - std::ssize(jobs);
    if (unused > 0) co_await transaction.run(context, return_room, queue, unused);
    co_return jobs;
}

}  // namespace

Task<News> news(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, LeaseId lease
) {
    const auto rows = co_await db.run(context, look, owner, lease.number, pg::sql_now(clock));
    pg::Row row = rows[0];
    News news{.are_any = row.boolean()};
    if (const auto time = row.integer_or_null()) news.due_in = std::chrono::milliseconds(*time);
    for (const std::string& id : words_in(row.text_or_null().value_or(""))) {
        if (const auto number = parse_number<std::int64_t>(id)) news.queues.push_back(*number);
    }
    co_return news;
}

Task<std::vector<Fetched>> fetch(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Standing standing,
    std::int64_t count
) {
    std::vector<Fetched> jobs;
    if (standing.state != "run") co_return jobs;
    for (const std::string& name : standing.queues) {
        const std::int64_t wanted = count - std::ssize(jobs);
        if (wanted <= 0) break;
        const auto found = co_await transaction.run(context, find_queue, owner, name);
        if (found.empty()) continue;
        auto some = co_await fetch_of(
            transaction, context, clock, owner, standing.lease, found[0].integer(), wanted
        );
        for (Fetched& job : some) jobs.push_back(std::move(job));
    }
    co_return jobs;
}

}  // namespace acme::queues::pull
