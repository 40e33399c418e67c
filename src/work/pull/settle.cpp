// What became of the jobs of a worker outside.
#include "work/jobs/jobs.hpp"
#include "work/jobs/programs.hpp"
#include "work/pull/pull.hpp"

namespace acme::queues::pull {
namespace {

constexpr pg::Query finish_jobs{"pull.finish", R"sql(
    WITH told AS (
        SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::text[]) AS told (id, attempt, output)
    ),
    gone AS (
        DELETE FROM jobs USING told
        WHERE jobs.org_id = $1 AND jobs.id = told.id AND jobs.lease = $2 AND jobs.attempt = told.attempt
        RETURNING jobs.*, told.output
    ),
    kept AS (
        INSERT INTO job_ends (id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at,
            started_at, ended_at, error_type, error, output, args, key, user_id, traceparent, request_id,
            worker)
        SELECT gone.id, gone.org_id, queue_id, kind, 'done', attempt, priority, gone.created_at, due_at,
            started_at, coalesce($6::timestamptz, now()), error_type, error, nullif(output, ''), args, key,
            user_id, traceparent, request_id,
            (SELECT holder FROM job_leases WHERE org_id = $1 AND id = $2)
        FROM gone JOIN job_queues AS queue ON queue.org_id = $1 AND queue.id = queue_id
        WHERE queue.keep_done_s > 0
    ),
    progress AS (
        DELETE FROM job_progress WHERE org_id = $1 AND job_id = ANY(ARRAY(SELECT id FROM gone))
    )
    SELECT id, queue_id::bigint, coalesce(key, '') FROM gone
)sql"};

// Each report goes one way: cancelled, dead, or due again. A key's place is given away while it
// waits.
constexpr pg::Query fail_jobs{"pull.fail", R"sql(
    WITH moment AS (SELECT coalesce($9::timestamptz, now()) AS now),
    told AS (
        SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
            AS told (id, attempt, error_type, error, pause_ms, is_final)
    ),
    held AS (
        SELECT jobs.*, told.error_type AS new_type, told.error AS new_error, told.pause_ms,
            CASE WHEN cancel_asked_at IS NOT NULL THEN 'cancelled'
                 WHEN told.is_final = 1 THEN 'discarded'
                 WHEN jobs.attempt >= coalesce(jobs.attempts_max, queue.attempts_max) THEN 'dead'
                 ELSE 'retried' END AS outcome,
            queue.keep_done_s, lease.holder AS worker
        FROM jobs JOIN told ON jobs.id = told.id AND jobs.attempt = told.attempt
            JOIN job_queues AS queue ON queue.org_id = $1 AND queue.id = jobs.queue_id
            JOIN job_leases AS lease ON lease.org_id = $1 AND lease.id = $2
        WHERE jobs.org_id = $1 AND jobs.lease = $2
        FOR UPDATE OF jobs
    ),
    again AS (
        UPDATE jobs SET lease = 0, started_at = NULL, error_type = held.new_type, error = held.new_error,
            due_at = CASE WHEN held.key IS NULL THEN now + held.pause_ms * interval '1 ms'
                          ELSE 'infinity' END,
            parked_due_at = CASE WHEN held.key IS NOT NULL THEN now + held.pause_ms * interval '1 ms' END
        FROM held, moment WHERE jobs.org_id = $1 AND jobs.id = held.id AND held.outcome = 'retried'
    ),
    gone AS (
        DELETE FROM jobs USING held
        WHERE jobs.org_id = $1 AND jobs.id = held.id AND held.outcome <> 'retried'
    ),
    buried AS (
        INSERT INTO jobs_dead (id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt,
            rescues, priority, attempts_max, timeout_ms, created_at, due_at, started_at, ended_at,
            error_type, error, key, unique_key, user_id, traceparent, request_id, worker, redriven_at)
        SELECT id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt, rescues, priority,
            attempts_max, timeout_ms, created_at, due_at, started_at, now, new_type, new_error, key,
            unique_key, user_id, traceparent, request_id, worker, redriven_at
        FROM held, moment WHERE outcome IN ('dead', 'discarded')
        ON CONFLICT (id) DO NOTHING
    ),
    kept AS (
        INSERT INTO job_ends (id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at,
            started_at, ended_at, error_type, error, args, key, user_id, traceparent, request_id, worker)
        SELECT id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, started_at, now,
            new_type, new_error, args, key, user_id, traceparent, request_id, worker
        FROM held, moment WHERE outcome <> 'retried' AND keep_done_s > 0
    ),
    written AS (
        INSERT INTO job_attempts (job_id, attempt, org_id, began_at, ended_at, outcome, error_type,
            error, worker, traceparent)
        SELECT id, attempt, org_id, started_at, now, outcome, new_type, new_error, worker, traceparent
        FROM held, moment
    ),
    progress AS (
        DELETE FROM job_progress WHERE org_id = $1
            AND job_id = ANY(ARRAY(SELECT id FROM held WHERE outcome <> 'retried'))
    )
    SELECT id, queue_id::bigint, coalesce(key, '') FROM held
)sql"};

constexpr pg::Query report_jobs{"pull.report", R"sql(
    WITH told AS (
        SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
            AS told (id, attempt, percent, note, data)
    )
    INSERT INTO job_progress (job_id, org_id, percent, note, data, at)
    SELECT DISTINCT ON (jobs.id) jobs.id, $1, nullif(told.percent, '')::real, told.note,
        nullif(told.data, ''), coalesce($8::timestamptz, now())
    FROM told JOIN jobs ON jobs.id = told.id AND jobs.attempt = told.attempt
    WHERE jobs.org_id = $1 AND jobs.lease = $2
    ON CONFLICT (job_id) DO UPDATE SET percent = excluded.percent, note = excluded.note,
        data = excluded.data, at = excluded.at
    RETURNING job_id
)sql"};

constexpr pg::Query settle_keys{"pull.settle_keys", R"sql(
    SELECT job_keys_settle($1::bigint[]::int[], $2::text[], $3::timestamptz)::bigint
)sql"};

/// The ids of rows of (id, queue, key); others of their keys may go.
Task<std::vector<JobId>> settled(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    pg::Rows rows
) {
    std::vector<JobId> ours;
    std::vector<std::int64_t> queues;
    std::vector<std::string> keys;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        ours.push_back(JobId{row.integer()});
        const std::int64_t queue = row.integer();
        std::string key = row.text();
        if (key.empty()) continue;
        queues.push_back(queue);
        keys.push_back(std::move(key));
    }
    if (keys.empty()) co_return ours;
    const auto freed =
        co_await transaction.run(context, settle_keys, queues, keys, pg::sql_now(clock));
    if (freed[0].integer() > 0) {
        co_await acme::jobs::tell_programs(transaction, context, std::move(owner));
    }
    co_return ours;
}

}  // namespace

Task<std::vector<JobId>> finish(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<Done> jobs
) {
    std::vector<JobId> none;
    if (jobs.empty()) co_return none;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> attempts;
    std::vector<std::string> outputs;
    for (Done& job : jobs) {
        ids.push_back(job.id.number);
        attempts.push_back(job.attempt);
        outputs.push_back(std::move(job.output));
    }
    const auto rows = co_await transaction.run(
        context, finish_jobs, owner, lease.number, ids, attempts, outputs, pg::sql_now(clock)
    );
    co_return co_await settled(transaction, context, clock, owner, rows);
}

Task<std::vector<JobId>> fail(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Random& random,
    Owner owner,
    LeaseId lease,
    std::vector<Failed> jobs
) {
    std::vector<JobId> none;
    if (jobs.empty()) co_return none;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> attempts;
    std::vector<std::string> types;
    std::vector<std::string> messages;
    std::vector<std::int64_t> pauses;
    std::vector<std::int64_t> finals;
    for (Failed& job : jobs) {
        const int attempt = static_cast<int>(std::min<std::int64_t>(job.attempt, 100));
        ids.push_back(job.id.number);
        attempts.push_back(job.attempt);
        types.push_back(std::move(job.error_type));
        messages.push_back(std::move(job.message));
        pauses.push_back(job.retry_in.value_or(acme::jobs::pause_after(attempt, random)).count());
        finals.push_back(job.is_final ? 1 : 0);
    }
    const auto rows = co_await transaction.run(
        context,
        fail_jobs,
        owner,
        lease.number,
        ids,
        attempts,
        types,
        messages,
        pauses,
        finals,
        pg::sql_now(clock)
    );
    co_return co_await settled(transaction, context, clock, owner, rows);
}

Task<std::vector<JobId>> report(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<Reported> jobs
) {
    std::vector<JobId> ours;
    if (jobs.empty()) co_return ours;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> attempts;
    std::vector<std::string> percents;
    std::vector<std::string> notes;
    std::vector<std::string> data;
    for (Reported& job : jobs) {
        ids.push_back(job.id.number);
        attempts.push_back(job.attempt);
        percents.push_back(job.percent ? std::to_string(*job.percent) : "");
        notes.push_back(std::move(job.note));
        data.push_back(std::move(job.data));
    }
    const auto rows = co_await transaction.run(
        context,
        report_jobs,
        owner,
        lease.number,
        ids,
        attempts,
        percents,
        notes,
        data,
        pg::sql_now(clock)
    );
    for (int i = 0; i < rows.size(); ++i) ours.push_back(JobId{rows[i].integer()});
    co_return ours;
}

}  // namespace acme::queues::pull
