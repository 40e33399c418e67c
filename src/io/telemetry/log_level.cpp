#include "io/telemetry/log_level.hpp"

#include <array>

namespace acme {
namespace {

constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};

}  // namespace

std::string_view name_of(LogLevel level) { return names.at(static_cast<std::size_t>(level)); }

std::optional<LogLevel> parse_log_level(std::string_view word) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names.at(i) == word) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

}  // namespace acme
