#pragma once

/// Our rule sets as Unleash's SDKs take them: the other way about than importer.hpp. For .cpp
/// files.
///
/// An SDK evaluates by itself. What it cannot do as we do (shares below a percent, buckets of our
/// own, rules that say no, chains of prerequisites) it gets as a strategy that it does not know:
/// for it such a flag is off, and it says so. /api/frontend answers for all of them.

#include "platform/flags/ruleset.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace acme::unleash {

/// What stands for rules that Unleash has no words for.
inline constexpr std::string_view unknown_strategy = "acme-rules";

/// {"version", "features", "segments"}, as /api/client/features answers.
boost::json::object to_features(const flags::Ruleset& ruleset);

}  // namespace acme::unleash
