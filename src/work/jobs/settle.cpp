// What becomes of jobs that did not simply end well, and of those that wait for their keys.
#include "work/jobs/table.hpp"

namespace acme::jobs {
namespace {

// LATERAL with FOR UPDATE: a look-up by id for each, whatever the planner believes of the table.
constexpr pg::Query settle_jobs{"jobs.settle", R"sql(
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest(
            $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[]
        ) AS told(id, attempt, outcome, pause_ms, error_type, error, output)
    ), mine AS MATERIALIZED (
        SELECT jobs.*, told.outcome, coalesce($9::timestamptz, now()) AS moment,
            coalesce($9::timestamptz, now()) + told.pause_ms * interval '1 ms' AS next_at,
            coalesce(nullif(told.error_type, ''), jobs.error_type) AS last_type,
            coalesce(nullif(told.error, ''), jobs.error) AS last_error,
            nullif(told.output, '') AS output
        FROM told CROSS JOIN LATERAL (
            SELECT * FROM jobs
            WHERE jobs.id = told.id AND lease = $1 AND jobs.attempt = told.attempt FOR UPDATE
        ) AS jobs
    ), gone AS (
        DELETE FROM jobs WHERE id = ANY(ARRAY(
            SELECT id FROM mine WHERE outcome IN ('done', 'dead', 'cancelled', 'discarded')
        ))
    ), ends AS (
        INSERT INTO job_ends (
            id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, started_at,
            ended_at, error_type, error, output, args, key, user_id, traceparent, request_id, worker
        )
        SELECT id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at,
            started_at, moment, last_type, last_error, output, args, key, user_id, traceparent,
            request_id, $10
        FROM mine
        WHERE outcome IN ('done', 'dead', 'cancelled', 'discarded')
          AND queue_id IN (SELECT q.id FROM job_queues q WHERE q.keep_done_s > 0)
    ), letters AS (
        INSERT INTO jobs_dead (
            id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt, rescues,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at, ended_at,
            error_type, error, key, unique_key, user_id, traceparent, request_id, worker,
            redriven_at
        )
        SELECT id, org_id, queue_id, queue, kind, args, args_version, outcome, attempt, rescues,
            priority, attempts_max, timeout_ms, created_at, due_at, started_at, moment,
            coalesce(last_type, ''), coalesce(last_error, ''), key, unique_key, user_id,
            traceparent, request_id, $10, redriven_at
        FROM mine WHERE outcome IN ('dead', 'discarded')
        ON CONFLICT (id) DO NOTHING
    ), tries AS (
        INSERT INTO job_attempts (
            job_id, attempt, org_id, began_at, ended_at, outcome, error_type, error, worker,
            traceparent, release
        )
        SELECT id, attempt, org_id, started_at, moment, outcome,
            CASE WHEN outcome IN ('retried', 'dead', 'discarded') THEN last_type END,
            CASE WHEN outcome IN ('retried', 'dead', 'discarded') THEN last_error END,
            $10, traceparent, nullif($11, '')
        FROM mine WHERE outcome <> 'done'
    ), later AS (
        UPDATE jobs SET (lease, attempt, started_at, due_at, parked_due_at, error_type, error) = (
            SELECT CASE WHEN org_id <> '' THEN 0 END,
                attempt - CASE WHEN outcome = 'retried' THEN 0 ELSE 1 END, NULL::timestamptz,
                CASE WHEN key IS NULL OR outcome = 'interrupted' THEN next_at ELSE 'infinity' END,
                CASE WHEN key IS NOT NULL AND outcome <> 'interrupted' THEN next_at END,
                last_type, last_error
            FROM mine WHERE mine.id = jobs.id
        )
        WHERE id = ANY(ARRAY(
            SELECT id FROM mine WHERE outcome IN ('retried', 'snoozed', 'interrupted')
        ))
    )
    SELECT id FROM mine
)sql"};

constexpr pg::Query settle_keys{"jobs.free_keys", R"sql(
    SELECT job_keys_settle($1::bigint[]::int[], $2::text[], $3::timestamptz)
)sql"};

constexpr pg::Query sweep_all_keys{"jobs.sweep_keys", R"sql(
    WITH part AS (
        SELECT queue_id, key FROM job_keys
        WHERE (queue_id, key) > ($1::int, $2) ORDER BY queue_id, key LIMIT 1000
    ), freed AS MATERIALIZED (
        SELECT job_keys_settle(array_agg(queue_id), array_agg(key), $3::timestamptz)
        FROM part HAVING count(*) > 0
    )
    SELECT queue_id, key FROM part, freed ORDER BY queue_id DESC, key DESC LIMIT 1
)sql"};

constexpr pg::Query upsert_progress{"jobs.progress", R"sql(
    INSERT INTO job_progress (job_id, org_id, percent, note, data, at)
    SELECT id, org_id, $2::text::real, nullif($3, ''), nullif($4, ''),
        coalesce($5::timestamptz, now())
    FROM jobs WHERE id = $1 AND lease = $6 AND attempt = $7::int
    ON CONFLICT (job_id) DO UPDATE
    SET percent = excluded.percent, note = excluded.note, data = excluded.data, at = excluded.at
)sql"};

/// Those that end or wait as the columns of a statement.
struct Columns {
    explicit Columns(std::span<const Ended> all) {
        for (const Ended& each : all) {
            ids.push_back(each.job.id);
            attempts.push_back(each.job.attempt);
            outcomes.emplace_back(name_of(each.outcome));
            pauses.push_back(each.pause.count());
            types.push_back(each.error_type);
            errors.push_back(each.error);
            outputs.push_back(each.output);
        }
    }

    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> attempts;
    std::vector<std::string> outcomes;
    std::vector<std::int64_t> pauses;
    std::vector<std::string> types;
    std::vector<std::string> errors;
    std::vector<std::string> outputs;
};

template <class Session>
Task<pg::Rows> settle_by(
    Session& session,
    trace::Context context,
    std::int64_t lease,
    Columns columns,
    std::optional<WallTime> now,
    std::string worker,
    std::string release
) {
    return session.run(
        context,
        settle_jobs,
        lease,
        columns.ids,
        columns.attempts,
        columns.outcomes,
        columns.pauses,
        columns.types,
        columns.errors,
        columns.outputs,
        now,
        worker,
        release
    );
}

}  // namespace

Task<std::vector<std::int64_t>> Table::settle(
    trace::Context context, std::int64_t lease, std::vector<Ended> ended
) {
    const Columns columns(ended);
    const auto rows =
        co_await settle_by(db_, context, lease, columns, pg::sql_now(clock_), worker_, release_);
    std::vector<std::int64_t> ours;
    for (int i = 0; i < rows.size(); ++i) ours.push_back(rows[i].integer());
    co_return ours;
}

Task<bool> Table::settle_in(pg::Transaction& transaction, trace::Context context, Ended ended) {
    const Columns columns({&ended, 1});
    const auto rows = co_await settle_by(
        transaction, context, ended.job.lease, columns, pg::sql_now(clock_), worker_, release_
    );
    co_return !rows.empty();
}

Task<> Table::free_keys(trace::Context context, std::vector<KeyOfJob> jobs) {
    std::vector<std::int64_t> queues;
    std::vector<std::string> keys;
    for (KeyOfJob& job : jobs) {
        queues.push_back(job.queue_id);
        keys.push_back(std::move(job.key));
    }
    co_await db_.run(context, settle_keys, queues, keys, pg::sql_now(clock_));
}

Task<> Table::sweep_keys(trace::Context context) {
    const auto rows =
        co_await db_.run(context, sweep_all_keys, swept_queue_, swept_key_, pg::sql_now(clock_));
    swept_queue_ = 0;
    swept_key_.clear();
    if (rows.empty()) co_return;
    pg::Row row = rows[0];
    swept_queue_ = row.integer();
    swept_key_ = row.text();
}

Task<> Table::note_progress(
    trace::Context context, const Job& job, double percent, std::string note, std::string data
) {
    const std::string number = std::to_string(percent);
    const auto now = pg::sql_now(clock_);
    co_await db_.run(
        context, upsert_progress, job.id, number, note, data, now, job.lease, job.attempt
    );
}

}  // namespace acme::jobs
