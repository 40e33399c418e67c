#pragma once

/// A time as people and programs write it.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::changes {

/// "2026-11-24T18:00:00Z", "2026-11-24T18:00+01:00", also with a blank for the T; without an offset
/// it is UTC. nullopt for anything else. Source: RFC 3339, 5.6.
std::optional<WallTime> parse_time(std::string_view text);

/// What parse_time() takes, or how long from now: "90m", "2h", "3d". Errors: changes.moment
/// (invalid).
Result<WallTime> parse_until(std::string_view text, WallTime now);

/// How long something lasts: "60s", "10m", "2h", from `least` to `most`, which is a day or less.
/// nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_duration(
    std::string_view text, std::chrono::milliseconds least, std::chrono::milliseconds most
);

/// "2026-11-24 18:00 UTC", for people.
std::string minute_of(WallTime time);

}  // namespace acme::changes
