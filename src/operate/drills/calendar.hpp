#pragma once

/// Which drill is due when.

#include "operate/changes/drills.hpp"

#include <boost/json/object.hpp>

namespace acme::drills {

/// A kind of drill, and how often somebody should do it.
struct Kind {
    std::string_view name;
    std::chrono::days every;
};

inline constexpr Kind kinds[] = {
    {"rollback", std::chrono::days(7)},  // ROLL-3
    {"node-kill", std::chrono::days(30)},
};

/// One line of the calendar.
struct Due {
    std::string kind;
    std::chrono::days every;
    std::optional<changes::Drill> last = std::nullopt;  // that came to its end
    std::optional<WallTime> passed_at = std::nullopt;   // when one was last passed
    std::optional<WallTime> due_at = std::nullopt;      // nullopt: at once, it never passed
    bool is_overdue = false;
};

boost::json::object to_json(const Due& due);

/// Of each kind, from the newest drills of an environment. Only one that was passed puts the next
/// one off.
std::vector<Due> calendar(const std::vector<changes::Drill>& newest_first, WallTime now);

}  // namespace acme::drills
