#pragma once

/// How often flags were evaluated, and which units have seen which variant: written by whoever
/// evaluates, read here for charts and for signs that a flag is done with.

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::flag_settings {

inline constexpr std::chrono::days counts_kept_for{90};

struct Count {
    std::string environment;
    std::string flag;
    WallTime hour;        // any moment in it
    std::string variant;  // or "default", "disabled", "error"
    std::int64_t count = 0;
};

/// Adds to what is there, in one statement; so not to be repeated when it is not known whether it
/// happened. Counts of an environment that is not there are dropped.
Task<> add_counts(pg::Database& db, trace::Context context, std::vector<Count> counts);

struct Exposure {
    std::string environment;
    std::string flag;
    std::string unit_hash;  // bytes
    std::string variant;
    WallTime at;
};

/// Each unit of a flag is kept once, with the first variant that it saw. Twice is the same.
Task<> add_exposures(pg::Database& db, trace::Context context, std::vector<Exposure> exposures);

/// Removes counts that are older than counts_kept_for before `now`; false when none is left. Twice
/// is the same.
Task<bool> prune_counts(pg::Database& db, trace::Context context, WallTime now);

}  // namespace acme::flag_settings
