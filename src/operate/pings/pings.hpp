#pragma once

/// A job that does nothing but say that it ran. Owns the table pings (sql/202611240401_pings.sql).

#include "base/ids.hpp"
#include "base/result.hpp"
#include "io/pg/database.hpp"

#include <optional>

namespace acme::jobs {
class Run;
}

namespace acme::pings {

using PingId = Id<"png_">;

inline constexpr std::int64_t pings_max = 100;
inline constexpr std::chrono::minutes kept_for{60};

struct Ping {
    PingId id;
    WallTime asked_at;
    std::optional<WallTime> done_at;  // by a worker
};

/// Every function throws pg::Fault when the database is out of reach.
class Pings {
public:
    Pings(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    /// Enqueues the job, and removes pings that are older than kept_for. Errors: pings.many
    /// (rate_limited), when there are pings_max already.
    Task<Result<Ping>> ask(trace::Context context, UserId user);

    /// Errors: pings.not_found, also for somebody else's.
    Task<Result<Ping>> find(trace::Context context, UserId user, PingId id);

    /// One that is not there is removed already.
    Task<> remove(trace::Context context, UserId user, PingId id);

    /// What the job pings.answer does, once however often it is run: it ends in the transaction
    /// that answers. One that was removed meanwhile has no answer.
    Task<> answer(jobs::Run& run, PingId id);

private:
    pg::Database& db_;
    Telemetry& telemetry_;
};

}  // namespace acme::pings
