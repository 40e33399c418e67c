// What no single job asks for: the jobs of dead workers, depths, history.
#include "work/jobs/table.hpp"

namespace acme::jobs {
namespace {

constexpr int batch_max = 5'000;

// Two at once are safe: the second waits for the row, looks again, and finds no ended lease on it.
constexpr pg::Query rescue_jobs{"jobs.rescue", R"sql(
    WITH ended AS MATERIALIZED (
        SELECT id, holder FROM job_leases WHERE expires_at <= coalesce($1::timestamptz, now())
    ), back AS (
        UPDATE jobs SET lease = CASE WHEN org_id <> '' THEN 0 END, rescues = rescues + 1
        WHERE lease = ANY(ARRAY(SELECT id FROM ended)) AND rescues < $2::int
        RETURNING id, attempt, org_id, queue, started_at, traceparent
    ), poison AS (
        DELETE FROM jobs WHERE lease = ANY(ARRAY(SELECT id FROM ended)) AND rescues >= $2::int
        RETURNING *
    ), letters AS (
        INSERT INTO jobs_dead (
            id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt, rescues,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at, ended_at,
            error_type, error, key, unique_key, user_id, traceparent, request_id, redriven_at
        )
        SELECT id, org_id, queue_id, queue, kind, args, args_version, 'dead', attempt, rescues + 1,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at,
            coalesce($1::timestamptz, now()), 'jobs.poison',
            'Its worker died while it ran, again and again.', key, unique_key, user_id, traceparent,
            request_id, redriven_at
        FROM poison ON CONFLICT (id) DO NOTHING
    ), ends AS (
        INSERT INTO job_ends (
            id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, started_at,
            ended_at, error_type, args, key, user_id, traceparent, request_id
        )
        SELECT id, org_id, queue_id, kind, 'dead', attempt, priority, created_at, due_at,
            started_at, coalesce($1::timestamptz, now()), 'jobs.poison', args, key, user_id,
            traceparent, request_id
        FROM poison WHERE queue_id IN (SELECT q.id FROM job_queues q WHERE q.keep_done_s > 0)
    ), tries AS (
        INSERT INTO job_attempts (
            job_id, attempt, org_id, began_at, ended_at, outcome, traceparent
        )
        SELECT id, attempt, org_id, started_at, coalesce($1::timestamptz, now()), 'rescued',
            traceparent
        FROM back
    )
    SELECT queue, false FROM back UNION ALL SELECT queue, true FROM poison
)sql"};

// Later than its end: a claim that was on its way when the lease ended must still find it ended.
constexpr pg::Query sweep_leases{"jobs.sweep_leases", R"sql(
    DELETE FROM job_leases AS ended
    WHERE expires_at <= coalesce($1::timestamptz, now()) - interval '1 min'
      AND NOT EXISTS (SELECT FROM jobs WHERE lease = ended.id)
)sql"};

constexpr pg::Query count_jobs{"jobs.depths", R"sql(
    SELECT q.name, count(due.due_at),
        coalesce(
            extract(epoch FROM coalesce($1::timestamptz, now()) - min(due.due_at)) * 1000, 0
        )::bigint
    FROM job_queues AS q LEFT JOIN LATERAL (
        SELECT part.due_at FROM generate_series(0, 9) AS p CROSS JOIN LATERAL (
            SELECT due_at FROM jobs
            WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0 AND queue_id = q.id
              AND priority = p::smallint AND due_at <= coalesce($1::timestamptz, now())
            ORDER BY due_at, id LIMIT 20001
        ) AS part LIMIT 20001
    ) AS due ON true
    WHERE q.org_id = '' GROUP BY q.name
)sql"};

// Of the first of each queue and priority: what nobody runs comes to stand there.
constexpr pg::Query look_for_trouble{"jobs.trouble", R"sql(
    SELECT (
        SELECT count(*) FROM job_queues AS q CROSS JOIN generate_series(0, 9) AS p
        CROSS JOIN LATERAL (
            SELECT kind FROM jobs
            WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0 AND queue_id = q.id
              AND priority = p::smallint AND due_at <= coalesce($1::timestamptz, now())
            ORDER BY due_at, id LIMIT 100
        ) AS first
        WHERE q.org_id = '' AND kind <> ALL($2::text[])
    ),
    coalesce((SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'jobs'), 0),
    coalesce((
        SELECT extract(epoch FROM now() - min(xact_start)) * 1000 FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xmin IS NOT NULL
    ), 0)::bigint
)sql"};

constexpr pg::Query keep_days{"jobs.keep_days", "SELECT job_days_keep($1::timestamptz)"};

// What the release before has given up stands among the jobs still.
constexpr pg::Query move_refused{"jobs.move_refused", R"sql(
    WITH refused AS (
        DELETE FROM jobs WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM jobs WHERE refusal IS NOT NULL LIMIT $2::int FOR UPDATE SKIP LOCKED
        ))
        RETURNING *
    ), moved AS (
        INSERT INTO jobs_dead (
            id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt, rescues,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at, ended_at,
            error_type, error, key, unique_key, user_id, traceparent, request_id, redriven_at
        )
        SELECT id, org_id, queue_id, queue, kind, args, args_version, 'dead', attempt, rescues,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at,
            coalesce($1::timestamptz, now()), refusal, coalesce(error, ''), key, unique_key,
            user_id, traceparent, request_id, redriven_at
        FROM refused ON CONFLICT (id) DO NOTHING
    )
    SELECT count(*) FROM refused
)sql"};

constexpr pg::Query forget_dead{"jobs.forget_dead", R"sql(
    WITH old AS (
        DELETE FROM jobs_dead WHERE ctid = ANY(ARRAY(
            SELECT d.ctid FROM jobs_dead d JOIN job_queues q ON q.id = d.queue_id
            WHERE d.ended_at
                < coalesce($1::timestamptz, now()) - q.keep_dead_s * interval '1 s'
            LIMIT $2::int FOR UPDATE OF d SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM old
)sql"};

constexpr pg::Query forget_uniques{"jobs.forget_uniques", R"sql(
    SELECT job_uniques_forget($1::timestamptz, $2::int)
)sql"};

constexpr pg::Query forget_progress{"jobs.forget_progress", R"sql(
    WITH old AS (
        DELETE FROM job_progress WHERE ctid = ANY(ARRAY(
            SELECT p.ctid FROM job_progress p
            WHERE p.at < coalesce($1::timestamptz, now()) - interval '1 day'
              AND NOT EXISTS (SELECT FROM jobs WHERE jobs.id = p.job_id)
            LIMIT $2::int FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM old
)sql"};

}  // namespace

Task<std::vector<Rescued>> Table::rescue(trace::Context context) {
    const auto rows = co_await db_.run(context, rescue_jobs, pg::sql_now(clock_), rescues_max);
    co_await db_.run(context, sweep_leases, pg::sql_now(clock_));
    std::vector<Rescued> rescued;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        rescued.push_back({.queue = row.text(), .is_dead = row.boolean()});
    }
    co_return rescued;
}

Task<std::vector<Depth>> Table::depths(trace::Context context) {
    const auto rows = co_await db_.run(context, count_jobs, pg::sql_now(clock_));
    std::vector<Depth> depths;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        depths.push_back({
            .queue = row.text(),
            .jobs = row.integer(),
            .oldest = std::chrono::milliseconds(row.integer()),
        });
    }
    co_return depths;
}

Task<Trouble> Table::find_trouble(trace::Context context, std::vector<std::string> kinds) {
    const auto rows = co_await db_.run(context, look_for_trouble, pg::sql_now(clock_), kinds);
    pg::Row row = rows[0];
    co_return Trouble{
        .unknown = row.integer(),
        .dead_rows = row.integer(),
        .snapshot_age = std::chrono::milliseconds(row.integer()),
    };
}

Task<bool> Table::keep_house(trace::Context context) {
    const auto now = pg::sql_now(clock_);
    co_await db_.run(context, keep_days, now);
    bool may_be_more = false;
    for (const pg::Query* query :
         {&move_refused, &forget_dead, &forget_uniques, &forget_progress}) {
        const auto rows = co_await db_.run(context, *query, now, batch_max);
        if (rows[0].integer() == batch_max) may_be_more = true;
    }
    co_return may_be_more;
}

}  // namespace acme::jobs
