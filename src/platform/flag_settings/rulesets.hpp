#pragma once

/// The rule sets that have been published: what whoever serves flags reads.

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::flag_settings {

/// Notified in PostgreSQL with each that is published: "production:12".
inline constexpr const char* channel = "acme_flags";

inline constexpr int rulesets_kept = 200;      // of each environment
inline constexpr int long_rulesets_kept = 10;  // of those, with long lists in them
inline constexpr int long_ruleset_bytes = 1024 * 1024;

struct Published {
    std::string environment;
    std::int64_t version = 0;
    std::string etag;     // 32 hex digits
    std::string payload;  // JSON, as flags::parse_ruleset() takes it
    WallTime created_at;
};

/// nullopt for an environment that is not there, or has none yet. Throws pg::Fault, also for a
/// payload that cannot be unpacked.
Task<std::optional<Published>> newest_ruleset(
    pg::Database& db, trace::Context context, std::string environment
);

/// Of every environment: the version of its newest one, 0 where there is none.
Task<std::vector<std::pair<std::string, std::int64_t>>> versions(
    pg::Database& db, trace::Context context
);

/// Removes all but the newest rulesets_kept of each environment, and of those that are longer than
/// long_ruleset_bytes all that are not among its newest long_rulesets_kept. Twice is the same.
Task<> prune_rulesets(pg::Database& db, trace::Context context);

}  // namespace acme::flag_settings
