#pragma once

/// Entries as they are read: listed, sealed into a chain, and held against it.

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::pg {
class Database;
class Row;
}  // namespace acme::pg

namespace acme::audit {

/// An entry as it lies in the database; `before` and `after` are JSON, "" for none.
struct Stored {
    AuditId id;
    WallTime created_at;
    std::optional<Uuid> org;
    std::string actor;
    std::string action;
    std::string target;
    std::string before;
    std::string after;
    std::string request_id;
    std::string ip;
};

/// The hash before the first one.
inline constexpr std::string_view first_hash =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256 in hex of the hash before it and of everything in the entry.
std::string hash_of(std::string_view prev_hash, const Stored& entry);

/// Newest first, those before `before`; of one organization, or all of the platform.
Task<std::vector<Stored>> list(
    pg::Database& db,
    trace::Context context,
    std::optional<OrgId> org,
    std::optional<AuditId> before,
    int limit
);

/// Chains what has been committed since the last time, at most 500 entries; whether there were any.
/// Twice, or by two at once: each entry is sealed once.
Task<bool> seal(pg::Database& db, trace::Context context);

/// Computes the chain again. The number of sealed entries, or audit.broken (conflict) with the
/// first position that does not fit.
Task<Result<std::int64_t>> verify(pg::Database& db, trace::Context context);

}  // namespace acme::audit
