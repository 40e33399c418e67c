#pragma once

/// A time as people and programs write it.

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace acme {

/// "2026-11-24T18:00:00Z", "2026-11-24T18:00+01:00", also with a blank for the T; without an offset
/// it is UTC. nullopt for anything else. Source: RFC 3339, 5.6.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace acme
