#include "work/lease/lease.hpp"

namespace acme::lease {
namespace {

constexpr pg::Query take_lease{"lease.acquire", R"sql(
    INSERT INTO leases (name, holder, epoch, expires_at)
    VALUES ($1, $2, 1, coalesce($3::timestamptz, now()) + $4::bigint * interval '1 ms')
    ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, epoch = leases.epoch + 1, expires_at = excluded.expires_at
    WHERE leases.expires_at <= coalesce($3::timestamptz, now())
    RETURNING epoch
)sql"};

// An end that is past does no harm as long as the epoch stands: nobody has come between.
constexpr pg::Query renew_lease{"lease.renew", R"sql(
    UPDATE leases
    SET expires_at = coalesce($3::timestamptz, now()) + $4::bigint * interval '1 ms'
    WHERE name = $1 AND epoch = $2 AND expires_at > '-infinity' RETURNING epoch
)sql"};

constexpr pg::Query release_lease{"lease.release", R"sql(
    UPDATE leases SET expires_at = '-infinity' WHERE name = $1 AND epoch = $2
)sql"};

// FOR SHARE: who wants to take the lease waits until this transaction has ended. A holder that
// stands still within it would hold everybody up: its session is ended before the lease itself is
// over.
constexpr pg::Query check_lease{"lease.check", R"sql(
    SELECT epoch, set_config('idle_in_transaction_session_timeout', $3, true) FROM leases
    WHERE name = $1 AND epoch = $2 AND expires_at > '-infinity' FOR SHARE
)sql"};

}  // namespace

Lease::Lease(
    std::string name,
    std::string holder,
    std::chrono::milliseconds time_max,
    pg::Database& db,
    const Clock& clock
)
    : name_(std::move(name)),
      holder_(std::move(holder)),
      time_max_ms_(time_max.count()),
      db_(db),
      clock_(clock) {}

Task<bool> Lease::acquire(trace::Context context) {
    const auto rows =
        co_await db_.run(context, take_lease, name_, holder_, pg::sql_now(clock_), time_max_ms_);
    if (rows.empty()) co_return false;
    epoch_ = rows[0].integer();
    co_return true;
}

Task<bool> Lease::renew(trace::Context context) {
    const auto rows =
        co_await db_.run(context, renew_lease, name_, epoch_, pg::sql_now(clock_), time_max_ms_);
    if (rows.empty()) epoch_ = 0;
    co_return !rows.empty();
}

Task<> Lease::release(trace::Context context) {
    const std::int64_t epoch = std::exchange(epoch_, 0);
    if (epoch != 0) co_await db_.run(context, release_lease, name_, epoch);
}

Task<bool> Lease::check(pg::Transaction& transaction, trace::Context context) {
    const std::string idle_max = std::to_string(time_max_ms_ / 2) + "ms";
    const auto rows = co_await transaction.run(context, check_lease, name_, epoch_, idle_max);
    if (rows.empty()) epoch_ = 0;
    co_return !rows.empty();
}

}  // namespace acme::lease
