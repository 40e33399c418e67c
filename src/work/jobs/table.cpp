#include "work/jobs/table.hpp"

namespace acme::jobs {
namespace {

constexpr pg::Query insert_lease{"jobs.open_lease", R"sql(
    INSERT INTO job_leases (holder, expires_at)
    VALUES ($1, coalesce($2::timestamptz, now()) + $3::bigint * interval '1 ms') RETURNING id
)sql"};

constexpr pg::Query extend_lease{"jobs.renew_lease", R"sql(
    UPDATE job_leases
    SET expires_at = coalesce($2::timestamptz, now()) + $3::bigint * interval '1 ms'
    WHERE id = $1 AND expires_at > coalesce($2::timestamptz, now()) RETURNING id
)sql"};

constexpr pg::Query end_lease{"jobs.close_lease", R"sql(
    UPDATE job_leases SET expires_at = '-infinity' WHERE id = $1
)sql"};

// SKIP LOCKED: workers pass each other without waiting. ANY(ARRAY()), not a join: with a join the
// planner, which does not know the limit, reads the whole table after the fifth time.
constexpr pg::Query claim_jobs{"jobs.claim", R"sql(
    UPDATE jobs SET attempt = attempt + 1, lease = $1
    WHERE id = ANY(ARRAY(
        SELECT id FROM jobs
        WHERE lease IS NULL AND refusal IS NULL AND due_at <= coalesce($2::timestamptz, now())
          AND kind = ANY($3::text[]) AND EXISTS (
              SELECT FROM job_leases
              WHERE id = $1 AND expires_at > coalesce($2::timestamptz, now())
          )
        ORDER BY due_at, id LIMIT $4::bigint FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, queue, kind, args, attempt, traceparent, request_id,
        (extract(epoch FROM coalesce($2::timestamptz, now()) - due_at) * 1000)::bigint
)sql"};

constexpr pg::Query give_back_jobs{"jobs.give_back", R"sql(
    UPDATE jobs SET lease = NULL, attempt = attempt - 1
    WHERE lease = $1 AND id <> ALL($2::bigint[]) RETURNING id
)sql"};

constexpr pg::Query delete_job{"jobs.finish", R"sql(
    DELETE FROM jobs WHERE id = $1 AND lease = $2 AND attempt = $3 RETURNING id
)sql"};

constexpr pg::Query keep_refusal{"jobs.refuse", R"sql(
    UPDATE jobs SET lease = NULL, refusal = $4
    WHERE id = $1 AND lease = $2 AND attempt = $3 RETURNING id
)sql"};

constexpr pg::Query postpone_job{"jobs.postpone", R"sql(
    UPDATE jobs
    SET lease = NULL, due_at = coalesce($4::timestamptz, now()) + $5::bigint * interval '1 ms'
    WHERE id = $1 AND lease = $2 AND attempt = $3 RETURNING id
)sql"};

// Two at once are safe: the second waits for the row, looks again, and finds no ended lease on it.
constexpr pg::Query rescue_jobs{"jobs.rescue", R"sql(
    UPDATE jobs SET lease = NULL, rescues = rescues + 1,
        refusal = CASE WHEN rescues >= $2::int THEN 'jobs.poison' END
    WHERE lease IN (SELECT id FROM job_leases WHERE expires_at <= coalesce($1::timestamptz, now()))
    RETURNING queue, refusal IS NOT NULL
)sql"};

// Later than its end: a claim that was on its way when the lease ended must still find it ended.
constexpr pg::Query sweep_leases{"jobs.sweep_leases", R"sql(
    DELETE FROM job_leases AS ended
    WHERE expires_at <= coalesce($1::timestamptz, now()) - interval '1 min'
      AND NOT EXISTS (SELECT FROM jobs WHERE lease = ended.id)
)sql"};

constexpr pg::Query count_jobs{"jobs.depths", R"sql(
    SELECT queue, count(*),
        (extract(epoch FROM coalesce($1::timestamptz, now()) - min(due_at)) * 1000)::bigint
    FROM (
        SELECT queue, due_at FROM jobs
        WHERE lease IS NULL AND refusal IS NULL AND due_at <= coalesce($1::timestamptz, now())
        ORDER BY due_at, id LIMIT 20001
    ) AS due GROUP BY queue
)sql"};

}  // namespace

Task<std::int64_t> Table::open_lease(
    trace::Context context, std::string holder, std::chrono::milliseconds time
) {
    const auto rows =
        co_await db_.run(context, insert_lease, holder, pg::sql_now(clock_), time.count());
    co_return rows[0].integer();
}

Task<bool> Table::renew_lease(
    trace::Context context, std::int64_t lease, std::chrono::milliseconds time
) {
    const auto rows =
        co_await db_.run(context, extend_lease, lease, pg::sql_now(clock_), time.count());
    co_return !rows.empty();
}

Task<> Table::close_lease(trace::Context context, std::int64_t lease) {
    co_await db_.run(context, end_lease, lease);
}

Task<std::vector<Job>> Table::claim(
    trace::Context context, std::int64_t lease, std::vector<std::string> kinds, std::size_t count
) {
    const auto rows =
        co_await db_.run(context, claim_jobs, lease, pg::sql_now(clock_), kinds, count);
    std::vector<Job> jobs;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        // A braced list is read from left to right, as the row is.
        jobs.push_back({
            .id = row.integer(),
            .lease = lease,
            .queue = row.text(),
            .kind = row.text(),
            .args = row.text(),
            .attempt = static_cast<int>(row.integer()),
            .traceparent = row.text(),
            .request_id = row.text(),
            .waited = std::chrono::milliseconds(row.integer()),
        });
    }
    co_return jobs;
}

Task<int> Table::give_back(
    trace::Context context, std::int64_t lease, std::vector<std::int64_t> kept
) {
    const auto rows = co_await db_.run(context, give_back_jobs, lease, kept);
    co_return rows.size();
}

Task<bool> Table::finish(trace::Context context, const Job& job) {
    const auto rows = co_await db_.run(context, delete_job, job.id, job.lease, job.attempt);
    co_return !rows.empty();
}

Task<bool> Table::refuse_for_good(trace::Context context, const Job& job, std::string code) {
    const auto rows = co_await db_.run(context, keep_refusal, job.id, job.lease, job.attempt, code);
    co_return !rows.empty();
}

Task<bool> Table::try_later(
    trace::Context context, const Job& job, std::chrono::milliseconds pause
) {
    const auto now = pg::sql_now(clock_);
    const auto rows =
        co_await db_.run(context, postpone_job, job.id, job.lease, job.attempt, now, pause.count());
    co_return !rows.empty();
}

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

}  // namespace acme::jobs
