#pragma once

/// Drills (BEY-30): something is broken or taken back on purpose, and what must hold meanwhile is
/// looked at. Here stands how they went; how they are done is the business of who does them.
///
/// Owns the table `drills` (sql/202611240410_drills.sql).

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/audit.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace acme::changes {

using DrillId = Id<"drl_">;

/// One thing that had to hold.
struct Expectation {
    std::string what;   // "no GET fails"
    std::string found;  // "0 of 212 failed"
    bool is_met = false;
};

struct Drill {
    DrillId id;
    std::string kind;  // "rollback", "node-kill"
    std::string environment;
    std::string release;  // that ran when it began
    std::string actor;
    WallTime begun_at;
    std::optional<WallTime> ended_at = std::nullopt;
    std::string result = "";  // "passed", "failed", "stopped"; "" when it never ended
    std::vector<Expectation> expected = {};
    std::optional<WallTime> window_until = std::nullopt;  // the time that it was agreed on for
};

boost::json::object to_json(const Drill& drill);

/// "stopped" when somebody stopped it; else passed, when all was met and something was looked at.
std::string result_of(const std::vector<Expectation>& expected, bool was_stopped);

/// Every function throws pg::Fault when the database is out of reach.
class Drills {
public:
    static constexpr int list_max = 200;

    explicit Drills(pg::Database& db) : db_(db) {}

    /// What `drill` says but its end.
    Task<> begin(trace::Context context, Drill drill);

    /// Its end, result and expectations. Twice is once: the first stays.
    Task<> end(trace::Context context, Drill drill);

    /// The newest first.
    Task<std::vector<Drill>> list(trace::Context context, std::string environment, int limit);

private:
    pg::Database& db_;
};

}  // namespace acme::changes
