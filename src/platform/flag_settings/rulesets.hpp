#pragma once

/// The rule sets that have been published: what whoever serves flags reads.

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

/// Notified in PostgreSQL with each that is published: "production:12".
inline constexpr const char* channel = "acme_flags";

inline constexpr int rulesets_kept = 200;      // of each environment
inline constexpr int long_rulesets_kept = 10;  // of those, with long lists in them
inline constexpr int long_ruleset_bytes = 1024 * 1024;

struct Published {
    std::string environment;
    std::int64_t version = 0;
    std::string etag;     // 32 hex digits
    std::string payload;  // JSON as flags::parse_ruleset() takes it, or packed by zlib
    WallTime created_at;
};

/// nullopt for an environment that is not there, or has none yet. A long payload is packed: to
/// inflate megabytes is for whoever has a thread for it. Throws pg::Fault.
Task<std::optional<Published>> newest_ruleset(
    pg::Database& db, trace::Context context, std::string environment
);

struct Newest {
    std::int64_t environment_id = 0;
    std::string environment;
    std::int64_t version = 0;  // 0: none was published
};

/// Of every environment, in the order in which they are shown. Throws pg::Fault.
Task<std::vector<Newest>> versions(pg::Database& db, trace::Context context);

/// The list of that id, as a rule set names it: JSON as flags::parse_segment() takes it, by gzip.
/// nullopt for one that is not there: no newest rule set names it any more. Throws pg::Fault.
Task<std::optional<std::string>> find_list(
    pg::Database& db, trace::Context context, std::string id
);

/// Removes all but the newest rulesets_kept of each environment, and of those that are longer than
/// long_ruleset_bytes all that are not among its newest long_rulesets_kept; and lists that no
/// segment has and that are older than an hour. Twice is the same.
Task<> prune_rulesets(pg::Database& db, trace::Context context, WallTime now);

}  // namespace acme::flag_settings
