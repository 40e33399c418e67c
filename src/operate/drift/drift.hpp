#pragma once

/// The last look, as the database keeps it.
///
/// Owns the table `drift_looks` (sql/202611282225_drift.sql).

#include "base/clock.hpp"
#include "base/task.hpp"
#include "io/pg/database.hpp"
#include "operate/drift/compare.hpp"

#include <optional>

namespace acme::drift {

/// What was seen, and since when.
struct Seen {
    Deviation deviation;
    WallTime since;
};

/// One look at an environment.
struct Look {
    WallTime looked_at;
    std::string release = "";  // that was recorded then
    std::string note = "";     // why nothing was compared; "" when it was
    std::vector<Seen> seen = {};
};

boost::json::object to_json(const Look& look);

/// Every function throws pg::Fault when the database is out of reach.
class Looks {
public:
    explicit Looks(pg::Database& db) : db_(db) {}

    /// nullopt before the first.
    Task<std::optional<Look>> last(trace::Context context, std::string environment);

    /// Keeps what was found now. What the look before had seen too keeps its time, and one that
    /// compared nothing keeps what that had seen.
    Task<Look> keep(
        trace::Context context,
        std::string environment,
        WallTime now,
        std::string release,
        std::string note,
        std::vector<Deviation> found
    );

private:
    pg::Database& db_;
};

}  // namespace acme::drift
