#include "platform/ofrep/tokens.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace acme::ofrep {
namespace {

std::string text_of(std::string_view environment, std::string_view hour) {
    return "flags stream\n" + std::string(environment) + '\n' + std::string(hour);
}

}  // namespace

std::int64_t hour_of(WallTime now) {
    return std::chrono::floor<std::chrono::hours>(now.time_since_epoch()).count();
}

std::string StreamTokens::make(std::string_view environment, WallTime now) const {
    const std::string hour = std::to_string(hour_of(now));
    const std::string mark = hmac_sha256(keys_.front().reveal(), text_of(environment, hour));
    return hour + "." + to_base64url(mark);
}

std::optional<WallTime> StreamTokens::check(
    std::string_view token, std::string_view environment, WallTime now
) const {
    const auto dot = token.find('.');
    if (dot == token.npos) return std::nullopt;
    const std::string_view hour = token.substr(0, dot);
    const auto number = parse_number<std::int64_t>(hour);
    const auto mark = parse_base64url(token.substr(dot + 1));
    const std::int64_t age = number ? hour_of(now) - *number : -1;
    if (!mark || age < 0 || age > 1) return std::nullopt;
    const bool is_ours = std::ranges::any_of(keys_, [&](const Secret& key) {
        return equals_in_constant_time(
            hmac_sha256(key.reveal(), text_of(environment, hour)), *mark
        );
    });
    if (!is_ours) return std::nullopt;
    return WallTime(std::chrono::hours(*number + 2));
}

}  // namespace acme::ofrep
