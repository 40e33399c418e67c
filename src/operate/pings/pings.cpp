#include "operate/pings/pings.hpp"

#include "operate/pings/pings_jobs.hpp"
#include "work/jobs/run.hpp"

namespace acme::pings {
namespace {

constexpr pg::Query sweep_pings{"pings.sweep", R"sql(
    DELETE FROM pings WHERE asked_at < now() - $1 * interval '1 second'
)sql"};

// Two at once may exceed the limit by one: it is there to keep the table small.
constexpr pg::Query insert_ping{"pings.insert", R"sql(
    INSERT INTO pings (id, user_id)
    SELECT $1::uuid, $2::uuid WHERE (SELECT count(*) FROM pings) < $3::bigint
    RETURNING asked_at
)sql"};

constexpr pg::Query find_ping{"pings.find", R"sql(
    SELECT asked_at, done_at FROM pings WHERE id = $1 AND user_id = $2
)sql"};

constexpr pg::Query delete_ping{"pings.delete", R"sql(
    DELETE FROM pings WHERE id = $1 AND user_id = $2
)sql"};

constexpr pg::Query finish_ping{"pings.finish", R"sql(
    UPDATE pings SET done_at = now() WHERE id = $1
)sql"};

constexpr std::int64_t kept_seconds = std::chrono::seconds(kept_for).count();

}  // namespace

Task<Result<Ping>> Pings::ask(trace::Context context, UserId user) {
    const PingId id = PingId::make(telemetry_.clock.now(), telemetry_.random);
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, sweep_pings, kept_seconds);
    const auto rows = co_await transaction.run(context, insert_ping, id, user, pings_max);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::rate_limited, "pings.many", "There are 100 pings. Delete some, or wait."
        );
    }
    co_await enqueue_answer(transaction, context, telemetry_.clock, id);
    co_await transaction.commit(context);
    co_return Ping{.id = id, .asked_at = rows[0].time(), .done_at = std::nullopt};
}

Task<Result<Ping>> Pings::find(trace::Context context, UserId user, PingId id) {
    const auto rows = co_await db_.run(context, find_ping, id, user);
    if (rows.empty()) {
        co_return refuse(ErrorKind::not_found, "pings.not_found", "There is no such ping.");
    }
    pg::Row row = rows[0];
    const WallTime asked_at = row.time();
    co_return Ping{.id = id, .asked_at = asked_at, .done_at = row.time_or_null()};
}

Task<> Pings::remove(trace::Context context, UserId user, PingId id) {
    co_await db_.run(context, delete_ping, id, user);
}

Task<> Pings::answer(jobs::Run& run, PingId id) {
    auto transaction = co_await db_.begin(run.context());
    co_await transaction.run(run.context(), finish_ping, id);
    if (co_await run.complete(transaction)) co_await transaction.commit(run.context());
}

}  // namespace acme::pings
