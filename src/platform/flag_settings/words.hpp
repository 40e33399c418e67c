#pragma once

/// What a flag serves, in words: "25 % of region eu-west: on; else off". Pure.

#include "platform/flags/ruleset.hpp"

#include <optional>
#include <string>

namespace acme::flag_settings {

/// At most some 200 characters.
std::string serves_of(const flags::Flag& flag);

/// The variant that everybody is served while it is on; nullopt when that depends on who asks, or
/// when it is off.
std::optional<std::string> sole_variant(const flags::Flag& flag);

/// "12.5 %" of 12500.
std::string percent_of(std::uint32_t weight);

/// The variant that everybody is served and that is false, however much the flag is on: it names
/// nobody, has no rule that is used, and otherwise serves that one. nullopt for any other.
std::optional<std::string> still_off(const flags::Flag& flag);

}  // namespace acme::flag_settings
