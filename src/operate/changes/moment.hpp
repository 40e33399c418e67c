#pragma once

/// A time as people and programs write it.

#include "base/moment.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::changes {

using acme::parse_time;

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
