// Ends and changes that this thread was not told of: made while Redis did not answer, or by another
// thread while sessions are answered for from here.
#include "io/loop/loop.hpp"
#include "io/pg/database.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {
namespace {

constexpr int page_rows_max = 1000;

/// More than clocks of nodes differ and transactions last, so that nothing falls between two looks.
constexpr std::chrono::seconds overlap{15};

// Every organization's: copies are kept by session. Many may have ended at one instant.
constexpr pg::Query list_ended{"sessions.ended_since", R"sql(
    SELECT user_id, token_hash, revoked_at, id FROM sessions
    WHERE (revoked_at, id) > ($1, coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
    ORDER BY revoked_at, id LIMIT $3
)sql"};

}  // namespace

Task<bool> Sessions::tell_ends(trace::Context context, WallTime since) {
    bool is_told = true;
    std::optional<SessionId> after;
    while (true) {
        const auto rows = co_await db_.run(context, list_ended, since, after, page_rows_max);
        for (int i = 0; i < rows.size(); ++i) {
            pg::Row row = rows[i];
            const auto user = row.id<UserId>();
            const std::string hash = row.text();
            since = row.time();
            after = row.id<SessionId>();
            nearby_.forget(hash);
            is_told = co_await copies_.end(context, user, hash) && is_told;
        }
        if (rows.size() < page_rows_max) co_return is_told;
    }
}

Task<bool> Sessions::tell_changes(trace::Context context, WallTime since) {
    bool is_told = true;
    std::optional<UserId> after;
    while (true) {
        const auto page = co_await accounts_.changed_since(context, since, after, page_rows_max);
        for (const auto& stale : page) {
            since = stale.at;
            after = stale.user;
            nearby_.forget(stale.user);
            is_told = co_await copies_.outdate(context, stale.user, stale.version) && is_told;
        }
        if (std::ssize(page) < page_rows_max) co_return is_told;
    }
}

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
    const bool are_ends_told = co_await tell_ends(context, since);
    const bool are_changes_told = co_await tell_changes(context, since);
    // What Redis has not heard is told again.
    if (are_ends_told && are_changes_told) looked_at_ = now;
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
