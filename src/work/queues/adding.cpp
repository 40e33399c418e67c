#include "work/queues/adding.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/telemetry/messaging.hpp"
#include "work/jobs/programs.hpp"

namespace acme::queues {
namespace {

// In the order of the list: of two that are to be the only one, the first is.
constexpr pg::Query enqueue_jobs{"queues.enqueue", R"sql(
    SELECT added.job_id, added.is_duplicate
    FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::bigint[])
        WITH ORDINALITY AS job (queue, kind, args, priority, run_at, delay_ms, attempts_max, timeout_ms,
            key, key_max, unique_key, unique_ms, place),
        LATERAL job_enqueue($1, job.queue, job.kind, job.args, job.priority::int,
            CASE WHEN job.run_at <> '' THEN job.run_at::timestamptz
                 WHEN job.delay_ms > 0
                 THEN coalesce($2::timestamptz, now()) + job.delay_ms * interval '1 ms' END,
            $2::timestamptz, nullif(job.attempts_max, 0)::int, nullif(job.timeout_ms, 0)::int,
            nullif(job.key, ''), job.key_max::int, decode(nullif(job.unique_key, ''), 'hex'),
            nullif(job.unique_ms, 0), $15, 1, $16, $17) AS added
    ORDER BY job.place
)sql"};

constexpr pg::Query wake_workers{"queues.wake_added", R"sql(
    SELECT true FROM pg_notify('acme_jobs', 'wake')
)sql"};

/// What makes a job the only one: its key and where it is meant. With their lengths, so that no two
/// of them run together.
std::string unique_bytes(const NewJob& job) {
    if (!job.unique) return "";
    const Unique& unique = *job.unique;
    std::string among = "organization";
    if (unique.scope == Scope::queue) among = "queue " + job.queue;
    if (unique.scope == Scope::kind) among = "kind " + job.kind;
    Sha256 hash;
    hash.add(std::to_string(among.size()) + ":" + among + unique.key);
    return to_hex(hash.finish());
}

/// The columns of the jobs; 0 and "" stand for what is not there.
struct Columns {
    std::vector<std::string> queues, kinds, args, run_ats, keys, uniques;
    std::vector<std::int64_t> priorities, delays, attempts, timeouts, key_maxes, unique_ms;

    void add(const NewJob& job) {
        queues.push_back(job.queue);
        kinds.push_back(job.kind);
        args.push_back(job.args);
        run_ats.push_back(job.run_at ? to_rfc3339(*job.run_at) : "");
        keys.push_back(job.key.value_or(""));
        uniques.push_back(unique_bytes(job));
        priorities.push_back(job.priority);
        delays.push_back(job.delay_by.count());
        attempts.push_back(job.attempts_max.value_or(0));
        timeouts.push_back(job.timeout_ms.value_or(0));
        key_maxes.push_back(job.key_max);
        const bool has_time = job.unique && job.unique->ttl;
        unique_ms.push_back(has_time ? std::chrono::milliseconds(*job.unique->ttl).count() : 0);
    }
};

}  // namespace

Task<Result<std::vector<Added>>> add(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::string user,
    std::vector<NewJob> jobs
) {
    std::vector<Added> added;
    if (jobs.empty()) co_return added;
    Columns columns;
    for (const NewJob& job : jobs) columns.add(job);
    ACME_TRY(co_await make_missing(transaction, context, clock, owner, columns.queues));
    trace::Span span(context, "job.enqueue", trace::producer);
    span.set(trace::message_count, std::ssize(jobs));
    const auto rows = co_await transaction.run(
        span.context(),
        enqueue_jobs,
        owner,
        pg::sql_now(clock),
        columns.queues,
        columns.kinds,
        columns.args,
        columns.priorities,
        columns.run_ats,
        columns.delays,
        columns.attempts,
        columns.timeouts,
        columns.keys,
        columns.key_maxes,
        columns.uniques,
        columns.unique_ms,
        user,
        span.context().traceparent(),
        context.trace->request_id
    );
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const JobId id{row.integer()};
        added.push_back({.id = id, .is_duplicate = row.boolean()});
    }
    if (owner.empty()) {
        co_await transaction.run(context, wake_workers);
    } else {
        co_await jobs::tell_programs(transaction, context, owner, columns.queues);
    }
    co_return added;
}

}  // namespace acme::queues
