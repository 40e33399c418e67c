#include "work/jobs/fates.hpp"

#include "io/telemetry/messaging.hpp"
#include "work/jobs/programs.hpp"

namespace acme::jobs {
namespace {

constexpr pg::Query order_job{"jobs.order", R"sql(
    SELECT job_id FROM job_enqueue(
        $1, $2, $3, $4, $5::int, NULL, $6::timestamptz, NULL, NULL, NULL, NULL, NULL, NULL,
        nullif($7, ''), 1, $8, $9
    )
)sql"};

constexpr pg::Query wake_workers{"jobs.wake_for_order", R"sql(
    SELECT true FROM pg_notify('acme_jobs', 'wake')
)sql"};

constexpr pg::Query find_fates{"jobs.fates", R"sql(
    SELECT wanted.id,
        CASE WHEN job.id IS NOT NULL AND job.refusal IS NULL THEN 'open'
             WHEN job.id IS NOT NULL OR dead.id IS NOT NULL THEN 'failed'
             WHEN ended.outcome IN ('dead', 'discarded') THEN 'failed'
             WHEN ended.outcome = 'cancelled' THEN 'cancelled'
             ELSE 'done' END,
        coalesce(dead.ended_at, ended.ended_at)
    FROM unnest($2::bigint[]) AS wanted (id)
    LEFT JOIN jobs AS job ON job.id = wanted.id AND job.org_id = $1
    LEFT JOIN jobs_dead AS dead ON dead.id = wanted.id AND dead.org_id = $1
    LEFT JOIN LATERAL (
        SELECT outcome, ended_at FROM job_ends
        WHERE id = wanted.id AND org_id = $1 ORDER BY ended_at DESC LIMIT 1
    ) AS ended ON true
)sql"};

constexpr pg::Query cancel_waiting{"jobs.cancel_waiting", R"sql(
    WITH gone AS (
        DELETE FROM jobs
        WHERE org_id = $1 AND id = ANY($2::bigint[]) AND coalesce(lease, 0) = 0
          AND refusal IS NULL AND key IS NULL AND unique_key IS NULL
        RETURNING *
    )
    INSERT INTO job_ends (
        id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, ended_at, args,
        user_id, traceparent, request_id
    )
    SELECT id, org_id, queue_id, kind, 'cancelled', attempt, priority, created_at, due_at,
        coalesce($3::timestamptz, now()), args, user_id, traceparent, request_id
    FROM gone
)sql"};

constexpr pg::Query cancel_running{"jobs.cancel_running", R"sql(
    UPDATE jobs SET cancel_asked_at = coalesce(cancel_asked_at, $3::timestamptz, now())
    WHERE org_id = $1 AND id = ANY($2::bigint[]) AND lease > 0
)sql"};

constexpr pg::Query tell_workers{"jobs.tell_of_cancel", R"sql(
    SELECT true FROM pg_notify('acme_jobs', 'cancel')
)sql"};

std::vector<Fate> fates_in(const pg::Rows& rows) {
    std::vector<Fate> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        found.push_back({.id = row.integer(), .state = row.text(), .ended_at = row.time_or_null()});
    }
    return found;
}

}  // namespace

Task<std::int64_t> add_for(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Order order
) {
    trace::Span span(context, "job.enqueue", trace::producer);
    span.set(trace::message_destination, order.queue);
    const auto rows = co_await transaction.run(
        span.context(),
        order_job,
        order.org,
        order.queue,
        order.kind,
        order.args,
        order.priority,
        pg::sql_now(clock),
        order.user,
        span.context().traceparent(),
        context.trace->request_id
    );
    // Of one transaction the server tells the same once.
    if (order.org.empty()) {
        co_await transaction.run(span.context(), wake_workers);
    } else {
        co_await tell_programs(transaction, span.context(), order.org, {order.queue});
    }
    const std::int64_t id = rows[0].integer();
    span.set(trace::message_id, std::to_string(id));
    co_return id;
}

Task<std::vector<Fate>> fates(
    pg::Transaction& transaction,
    trace::Context context,
    std::string org,
    std::vector<std::int64_t> ids
) {
    co_return fates_in(co_await transaction.run(context, find_fates, org, ids));
}

Task<std::vector<Fate>> fates(
    pg::Database& db, trace::Context context, std::string org, std::vector<std::int64_t> ids
) {
    co_return fates_in(co_await db.run(context, find_fates, org, ids));
}

Task<> cancel(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string org,
    std::vector<std::int64_t> ids
) {
    const auto now = pg::sql_now(clock);
    co_await transaction.run(context, cancel_waiting, org, ids, now);
    co_await transaction.run(context, cancel_running, org, ids, now);
    co_await transaction.run(context, tell_workers);
}

}  // namespace acme::jobs
