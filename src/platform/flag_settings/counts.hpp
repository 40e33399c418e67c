#pragma once

/// How often flags were evaluated, and which units have seen which variant: written by whoever
/// evaluates, read here for charts and for signs that a flag is done with.

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::flag_settings {

inline constexpr std::chrono::days counts_kept_for{90};

struct Count {
    std::string flag;
    std::int64_t environment_id = 0;
    std::string variant;  // or "default", "disabled", "error"
    std::int64_t count = 0;
};

/// Adds to the hour of `now`, that of the database without it, in one statement; so not to be
/// repeated when it is not known whether it happened. Each flag, environment and variant is there
/// once. Throws pg::Fault.
Task<> add_counts(
    pg::Database& db, trace::Context context, std::vector<Count> counts, std::optional<WallTime> now
);

struct Exposure {
    std::string flag;
    std::string unit_hash;  // bytes
    std::string variant;
};

/// Each unit of a flag is kept once in an environment, with the first variant that it saw, as seen
/// at `now`, or when the database has it. Twice is the same. Throws pg::Fault.
Task<> add_exposures(
    pg::Database& db,
    trace::Context context,
    std::string environment,
    std::vector<Exposure> exposures,
    std::optional<WallTime> now
);

/// Removes counts that are older than counts_kept_for before `now`; false when none is left. Twice
/// is the same.
Task<bool> prune_counts(pg::Database& db, trace::Context context, WallTime now);

}  // namespace acme::flag_settings
