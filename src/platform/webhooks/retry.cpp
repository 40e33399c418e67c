#include "platform/webhooks/retry.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace acme::webhooks {
namespace {

/// "Mon, 23 Nov 2026 10:00:00 GMT": the one form that is still sent.
std::optional<WallTime> parse_http_date(std::string_view text) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") {
        return std::nullopt;
    }
    const auto month = months.find(text.substr(8, 3));
    const auto day = parse_number<unsigned>(text.substr(5, 2));
    const auto year = parse_number<int>(text.substr(12, 4));
    const auto hour = parse_number<int>(text.substr(17, 2));
    const auto minute = parse_number<int>(text.substr(20, 2));
    const auto second = parse_number<int>(text.substr(23, 2));
    const bool has_all = day && year && hour && minute && second;
    if (month == months.npos || month % 3 != 0 || !has_all) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
        std::chrono::day(*day),
    };
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

}  // namespace

std::optional<std::chrono::milliseconds> pause_after(int tries, Random& random) {
    if (tries < 1 || tries >= std::ssize(pauses)) return std::nullopt;
    const std::chrono::milliseconds pause = pauses[static_cast<std::size_t>(tries)];
    const auto permille = 1000 + static_cast<std::int64_t>(random.number() % 201);
    return pause * permille / 1000;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view header, WallTime now) {
    using std::chrono::seconds;
    const bool is_number = !header.empty() && header.find_first_not_of("0123456789") == header.npos;
    if (is_number) {
        const auto count = parse_number<std::int64_t>(header);
        const seconds most = retry_after_max;
        return count ? std::min(seconds(std::min(*count, most.count())), most) : most;
    }
    const auto at = parse_http_date(header);
    if (!at) return std::nullopt;
    return std::clamp(std::chrono::ceil<seconds>(*at - now), seconds(0), seconds(retry_after_max));
}

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::delivered: return "delivered";
        case Outcome::gone: return "gone";
        case Outcome::redirected: return "redirected";
        case Outcome::refused: return "refused";
        case Outcome::unreachable: return "unreachable";
        case Outcome::forbidden: return "forbidden_address";
        case Outcome::insecure: return "insecure";
        case Outcome::timed_out: return "timed_out";
        case Outcome::broken_off: return "broken_off";
        case Outcome::unsealed: return "unsealed";
    }
    return "refused";
}

Outcome outcome_of(int status) {
    if (status >= 200 && status < 300) return Outcome::delivered;
    if (status >= 300 && status < 400) return Outcome::redirected;
    return status == 410 ? Outcome::gone : Outcome::refused;
}

}  // namespace acme::webhooks
