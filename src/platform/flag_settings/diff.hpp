#pragma once

/// What differs between two states, field by field. Pure.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace acme::flag_settings {

inline constexpr std::size_t differences_max = 200;  // more are not told

/// A place that differs; a value that is not there is null.
struct Difference {
    std::string pointer;  // RFC 6901
    boost::json::value from;
    boost::json::value to;
};

/// In the order in which `from` has its members, then those that only `to` has; lists by position.
std::vector<Difference> differences(const boost::json::value& from, const boost::json::value& to);

boost::json::object to_json(const Difference& difference);

/// `now` without what the change from `before` to `after` did, member by member of the outermost
/// object. `conflicts` gets the pointers of members that were changed again since.
boost::json::object undone(
    const boost::json::object& before,
    const boost::json::object& after,
    const boost::json::object& now,
    std::vector<std::string>& conflicts
);

}  // namespace acme::flag_settings
