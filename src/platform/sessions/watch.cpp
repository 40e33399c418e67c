// Ends and changes that this thread was not told of: made while Redis did not answer, or by another
// thread while sessions are answered for from here.
#include "io/loop/loop.hpp"
#include "io/pg/database.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {
namespace {

constexpr int ends_max = 1000;

/// More than clocks of nodes differ and transactions last, so that nothing falls between two looks.
constexpr std::chrono::seconds overlap{15};

// Every organization's: copies are kept by session.
constexpr pg::Query list_ended{"sessions.ended_since", R"sql(
    SELECT user_id, token_hash FROM sessions WHERE revoked_at > $1 ORDER BY revoked_at LIMIT $2
)sql"};

}  // namespace

Task<> Sessions::outdate(trace::Context context, UserId user, std::int64_t version) {
    nearby_.forget(user);
    co_await copies_.outdate(context, user, version);
}

Task<> Sessions::look() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const trace::Context context = trace.begin(std::nullopt, 0);
    // So that redis_up is true of idle nodes too, and a Redis that is back is noticed.
    co_await redis_.run(context, {"PING"});
    const WallTime now = telemetry_.clock.now();
    // The first look goes back as far as any copy can.
    const WallTime since = looked_at_ ? *looked_at_ - overlap : now - Copies::life - overlap;
    const auto rows = co_await db_.run(context, list_ended, since, ends_max);
    bool is_told = true;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto user = row.id<UserId>();
        const std::string hash = row.text();
        nearby_.forget(hash);
        is_told = co_await copies_.end(context, user, hash) && is_told;
    }
    for (const auto& stale : co_await accounts_.changed_since(context, since)) {
        nearby_.forget(stale.user);
        is_told = co_await copies_.outdate(context, stale.user, stale.version) && is_told;
    }
    // What Redis has not heard is told again.
    if (is_told) looked_at_ = now;
}

Task<> Sessions::watch() {
    constexpr std::chrono::milliseconds step = watch_every_without_redis;
    std::chrono::milliseconds waited = watch_every;
    while (!is_stopping_) {
        if (waited >= watch_every || !redis_.is_up()) {
            waited = std::chrono::milliseconds(0);
            try {
                co_await look();
            } catch (const pg::Fault& fault) {
                // The next look goes back to the last one that succeeded.
                telemetry_.log.warn("sessions.watch", {{"reason", fault.what()}});
            }
        }
        co_await sleep_for(step);
        waited += step;
    }
}

}  // namespace acme::sessions
