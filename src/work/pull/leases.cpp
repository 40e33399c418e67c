// The leases of workers outside.
#include "work/jobs/programs.hpp"
#include "work/pull/words.hpp"

namespace acme::queues::pull {
namespace {

constexpr pg::Query count_queues{"pull.count_queues", R"sql(
    SELECT count(*) FROM job_queues WHERE org_id = $1 AND name = ANY($2::text[])
)sql"};

constexpr pg::Query insert_lease{"pull.open", R"sql(
    INSERT INTO job_leases (org_id, kind, holder, queues, slots, began_at, expires_at)
    VALUES ($1, 'pull', $2, $3::text[], $4::int, coalesce($5::timestamptz, now()),
            coalesce($5::timestamptz, now()) + $6::bigint * interval '1 ms')
    RETURNING id
)sql"};

constexpr pg::Query extend_lease{"pull.extend", R"sql(
    UPDATE job_leases SET expires_at = greatest(
        coalesce($3::timestamptz, now()) + $4::bigint * interval '1 ms',
        CASE WHEN NOT $5::boolean OR EXISTS (
            SELECT FROM jobs WHERE jobs.org_id = $1 AND jobs.lease = job_leases.id
        ) THEN expires_at END)
    WHERE org_id = $1 AND id = $2 AND kind = 'pull' AND expires_at > coalesce($3::timestamptz, now())
    RETURNING state, array_to_string(queues, ' ')
)sql"};

constexpr pg::Query find_lease{"pull.find_lease", R"sql(
    SELECT true FROM job_leases WHERE org_id = $1 AND id = $2 AND kind = 'pull'
)sql"};

constexpr pg::Query list_cancelled{"pull.list_cancelled", R"sql(
    SELECT id FROM jobs WHERE org_id = $1 AND lease = $2 AND cancel_asked_at IS NOT NULL ORDER BY id
)sql"};

constexpr pg::Query give_back{"pull.give_back", R"sql(
    UPDATE jobs SET lease = 0, attempt = attempt - 1, started_at = NULL,
        due_at = coalesce($3::timestamptz, now())
    WHERE org_id = $1 AND lease = $2 AND id <> ALL($4::bigint[]) RETURNING id
)sql"};

constexpr pg::Query end_lease{"pull.close", R"sql(
    UPDATE job_leases SET expires_at = '-infinity', state = 'stop'
    WHERE org_id = $1 AND id = $2 AND kind = 'pull' RETURNING id
)sql"};

constexpr pg::Query signal_lease{"pull.signal", R"sql(
    UPDATE job_leases SET state = $3 WHERE org_id = $1 AND id = $2 AND kind = 'pull' RETURNING id
)sql"};

constexpr pg::Query drain_queue{"pull.drain", R"sql(
    UPDATE job_leases SET state = 'quiet'
    WHERE org_id = $1 AND kind = 'pull' AND state = 'run' AND $2 = ANY(queues)
      AND expires_at > coalesce($3::timestamptz, now())
    RETURNING id
)sql"};

constexpr pg::Query list_workers{"pull.workers", R"sql(
    SELECT id, holder, state, array_to_string(queues, ' '), slots::bigint,
        (SELECT count(*) FROM jobs WHERE jobs.lease = job_leases.id), abandoned::bigint, began_at,
        expires_at
    FROM job_leases WHERE org_id = $1 AND expires_at > coalesce($2::timestamptz, now())
    ORDER BY began_at, id LIMIT 1000
)sql"};

std::unexpected<Error> no_such_lease() {
    return refuse(ErrorKind::not_found, "pull.no_lease", "There is no such lease.");
}

}  // namespace

Task<Result<LeaseId>> open(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Introduction introduction
) {
    const auto found = co_await db.run(context, count_queues, owner, introduction.queues);
    if (found[0].integer() != std::ssize(introduction.queues)) co_return no_such_queue();
    const auto rows = co_await db.run(
        context,
        insert_lease,
        owner,
        introduction.name,
        introduction.queues,
        introduction.slots,
        pg::sql_now(clock),
        introduction.time.count()
    );
    co_return LeaseId{rows[0].integer()};
}

Task<Result<Standing>> extend(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::chrono::milliseconds time,
    End end
) {
    const bool may_be_sooner = end == End::sooner_without_jobs;
    const auto rows = co_await transaction.run(
        context, extend_lease, owner, lease.number, pg::sql_now(clock), time.count(), may_be_sooner
    );
    if (rows.empty()) {
        const auto found = co_await transaction.run(context, find_lease, owner, lease.number);
        if (found.empty()) co_return no_such_lease();
        co_return refuse(
            ErrorKind::conflict,
            "pull.lease_ended",
            "The lease has ended, and its jobs may run elsewhere. Nothing was written. Pull anew."
        );
    }
    pg::Row row = rows[0];
    Standing standing{.lease = lease, .state = row.text(), .queues = words_in(row.text())};
    const auto cancelled = co_await transaction.run(context, list_cancelled, owner, lease.number);
    for (int i = 0; i < cancelled.size(); ++i) {
        standing.cancelled.push_back(JobId{cancelled[i].integer()});
    }
    co_return standing;
}

Task<Result<int>> close(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease
) {
    const auto ended = co_await transaction.run(context, end_lease, owner, lease.number);
    if (ended.empty()) co_return no_such_lease();
    const std::vector<std::int64_t> none;
    const auto returned =
        co_await transaction.run(context, give_back, owner, lease.number, pg::sql_now(clock), none);
    if (!returned.empty()) co_await acme::jobs::tell_programs(transaction, context, owner);
    co_return returned.size();
}

Task<> return_unheld(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<std::int64_t> held
) {
    const auto returned =
        co_await transaction.run(context, give_back, owner, lease.number, pg::sql_now(clock), held);
    if (!returned.empty()) co_await acme::jobs::tell_programs(transaction, context, owner);
}

Task<Result<>> signal(
    pg::Transaction& transaction,
    trace::Context context,
    Owner owner,
    LeaseId lease,
    std::string state
) {
    const auto rows = co_await transaction.run(context, signal_lease, owner, lease.number, state);
    if (rows.empty()) co_return no_such_lease();
    co_await acme::jobs::tell_programs(transaction, context, owner);
    co_return done;
}

Task<int> drain(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::string queue
) {
    const auto rows =
        co_await transaction.run(context, drain_queue, owner, queue, pg::sql_now(clock));
    co_await acme::jobs::tell_programs(transaction, context, owner, {queue});
    co_return rows.size();
}

Task<std::vector<Worker>> workers(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner
) {
    const auto rows = co_await db.run(context, list_workers, owner, pg::sql_now(clock));
    std::vector<Worker> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        found.push_back({
            .lease = LeaseId{row.integer()},
            .name = row.text(),
            .state = row.text(),
            .queues = words_in(row.text()),
            .slots = row.integer(),
            .running = row.integer(),
            .abandoned = row.integer(),
            .began_at = row.time(),
            .expires_at = row.time(),
        });
    }
    co_return found;
}

}  // namespace acme::queues::pull
