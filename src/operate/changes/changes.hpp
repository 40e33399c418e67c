#pragma once

/// What changed in production, so that whoever looks for a cause finds it in one place.
///
/// Owns the table `changes` (sql/202611240355_changes.sql). Nothing is changed here.

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/pg/database.hpp"

#include <string>
#include <vector>

namespace acme::changes {

struct Change {
    std::string kind;  // "deployment", "rollback", "break_glass"
    std::string ref;   // the id of what changed it, "dpl_…"
    std::string summary;
    std::string environment;
    std::string actor;
    WallTime at;
};

inline constexpr int list_max = 200;

/// In the transaction of the change. Twice is two rows: what comes twice is the caller's to know.
Task<> record(pg::Transaction& transaction, trace::Context context, Change change);

/// The newest first, at most list_max. Throws pg::Fault.
Task<std::vector<Change>> list(
    pg::Database& db, trace::Context context, std::string environment, int limit
);

}  // namespace acme::changes
