#include "work/jobs/dead.hpp"

#include "work/jobs/wakes.hpp"

namespace acme::jobs {
namespace {

// What has a key comes back parked: job_keys_settle lets it go, one after the other.
constexpr pg::Query move_back{"jobs.redrive", R"sql(
    WITH letter AS (
        DELETE FROM jobs_dead WHERE id = ANY($1::bigint[]) AND org_id = $2 RETURNING *
    ), keyed AS (
        INSERT INTO job_keys (queue_id, key, running, running_max)
        SELECT DISTINCT queue_id, key, 0, 1 FROM letter WHERE key IS NOT NULL ORDER BY 1, 2
        ON CONFLICT (queue_id, key) DO NOTHING
    ), back AS (
        INSERT INTO jobs (
            id, org_id, queue, queue_id, kind, args, args_version, priority, due_at, parked_due_at,
            lease, created_at, attempts_max, timeout_ms, key, unique_key, user_id, traceparent,
            request_id, error_type, error, redriven_at
        ) OVERRIDING SYSTEM VALUE
        SELECT id, org_id, queue, queue_id, kind, args, args_version, priority,
            CASE WHEN key IS NULL THEN moment ELSE 'infinity' END,
            CASE WHEN key IS NOT NULL THEN moment END,
            CASE WHEN org_id <> '' THEN 0 END, created_at, attempts_max, timeout_ms, key,
            unique_key, user_id, traceparent, request_id, nullif(error_type, ''),
            nullif(error, ''), moment
        FROM letter, coalesce($3::timestamptz, now()) AS moment
        RETURNING queue_id, key
    )
    SELECT (SELECT count(*) FROM back), array_agg(queue_id)::text, array_agg(key)::text,
        CASE WHEN $4::boolean THEN pg_notify('acme_jobs', 'wake') END
    FROM back WHERE key IS NOT NULL
)sql"};

constexpr pg::Query free_keys{"jobs.redrive_keys", R"sql(
    SELECT job_keys_settle($1::text::int[], $2::text::text[], $3::timestamptz)
)sql"};

}  // namespace

Task<int> redrive(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string org_id,
    std::vector<std::int64_t> ids
) {
    const auto now = pg::sql_now(clock);
    const auto rows =
        co_await transaction.run(context, move_back, ids, org_id, now, may_wake(clock));
    pg::Row row = rows[0];
    const auto count = static_cast<int>(row.integer());
    const auto queues = row.text_or_null();
    const auto keys = row.text_or_null();
    if (queues) co_await transaction.run(context, free_keys, *queues, *keys, now);
    co_return count;
}

}  // namespace acme::jobs
