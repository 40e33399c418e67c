#pragma once

/// How much a line of the log matters.

#include <cstdint>
#include <optional>
#include <string_view>

namespace acme {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

std::string_view name_of(LogLevel level);

/// nullopt for anything but the four words.
std::optional<LogLevel> parse_log_level(std::string_view word);

}  // namespace acme
