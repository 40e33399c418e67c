#pragma once

/// What differs between two states, field by field. Pure.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace acme::flag_settings {

inline constexpr std::size_t differences_max = 200;  // more are not told

/// An element of a list: a rule, a variant, an override, a prerequisite, a share.
struct Item {
    std::string pointer;  // to it
    std::string list;     // "rules"
    std::string key;      // of a rule its id, of an override "user usr_1"
    std::string name;     // of a rule; "" for none
    std::size_t number;   // which of the list, from 1
};

/// A place that differs. What is not there is null.
struct Difference {
    enum class Kind { added, removed, moved, changed };

    std::string pointer;  // RFC 6901, into what is there afterwards; of what was removed, before
    Kind kind = Kind::changed;
    boost::json::value from;
    boost::json::value to;                    // of what was moved the element it stands behind
    std::optional<Item> item = std::nullopt;  // the outermost
};

/// In the order in which `from` has its members, then those that only `to` has. Elements of lists
/// are told apart by what they are, so a rule that was deleted leaves the others as they were:
/// rules by id, variants by key, shares by variant, prerequisites by flag, overrides by whom they
/// name, texts by themselves. Of other lists what both begin and end with is the same. In a list
/// first those that were removed, then as they stand afterwards.
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
