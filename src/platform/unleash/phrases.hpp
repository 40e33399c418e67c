#pragma once

/// Clauses of ours as constraints of Unleash's. For .cpp files.

#include "platform/flags/ruleset.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acme::unleash {

/// Unleash's numbers of our segments; those that it has no words for are missing.
using SegmentNumbers = std::map<std::string, std::int64_t, std::less<>>;

/// What a strategy asks: {"constraints", "segments"}.
struct Phrases {
    boost::json::array constraints;
    boost::json::array segments;
};

/// nullopt: Unleash has no words for one of them.
std::optional<Phrases> to_phrases(
    const std::vector<flags::Clause>& clauses, const SegmentNumbers& segments
);

/// {"contextName", "operator": "IN", "values"}.
boost::json::object one_of(std::string_view attribute, const std::vector<std::string>& values);

/// What holds until then.
boost::json::object before(WallTime time);

/// A segment's constraints; nullopt when Unleash has no words for it.
std::optional<boost::json::array> to_constraints(const flags::Segment& segment);

}  // namespace acme::unleash
