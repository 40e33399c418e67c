#pragma once

/// What happens to entries after their time: they go, from the beginning of the chain, with their
/// seals, and leave in audit_beginnings where the chain begins after them.

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <cstdint>
#include <optional>

namespace acme::pg {
class Database;
}

namespace acme::audit {

inline constexpr std::chrono::days kept_for{400};

inline constexpr int retire_batch = 1000;

/// Removes the oldest entries that were written more than kept_for before the day of `now` (UTC),
/// at most `batch` of them, in one transaction with an entry that tells of it; how many. nullopt is
/// the database's clock, and a time that is later than that one's counts as it. Stops before the
/// first entry of the chain that is younger; the newest seal stays always. The function
/// audit_retire() of the database does it, and nothing else can. Twice, or two at once: each entry
/// goes once.
Task<std::int64_t> retire(
    pg::Database& db, trace::Context context, std::optional<WallTime> now, int batch = retire_batch
);

}  // namespace acme::audit
