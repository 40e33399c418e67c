#include "operate/changes/moment.hpp"

#include "base/text.hpp"

#include <chrono>

namespace acme::changes {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int amount_max = 100'000;  // of minutes, hours or days

constexpr int seconds_max = 86'400;  // of a duration

}  // namespace

Result<WallTime> parse_until(std::string_view text, WallTime now) {
    if (const auto time = parse_time(text)) return *time;
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const int number = parse_number<int>(text.substr(0, digits)).value_or(amount_max + 1);
    const std::string_view unit = text.substr(digits);
    if (number <= amount_max && unit == "m") return now + std::chrono::minutes(number);
    if (number <= amount_max && unit == "h") return now + std::chrono::hours(number);
    if (number <= amount_max && unit == "d") return now + std::chrono::days(number);
    return refuse(
        ErrorKind::invalid,
        "changes.moment",
        "A time is 2026-11-24T18:00Z, or how long from now: 90m, 2h, 3d."
    );
}

std::optional<milliseconds> parse_duration(
    std::string_view text, milliseconds least, milliseconds most
) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<int>(text.substr(0, digits));
    const std::string_view unit = text.substr(digits);
    const int factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3'600 : 0;
    if (!number || factor == 0 || *number > seconds_max / factor) return std::nullopt;
    const milliseconds time = seconds(*number * factor);
    return least <= time && time <= most ? std::optional(time) : std::nullopt;
}

std::string minute_of(WallTime time) {
    std::string text = to_rfc3339(time).substr(0, 16);
    text[10] = ' ';
    return text + " UTC";
}

}  // namespace acme::changes
