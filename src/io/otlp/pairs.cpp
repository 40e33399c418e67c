#include "io/otlp/pairs.hpp"

#include "io/http/message.hpp"

#include <algorithm>
#include <array>

namespace acme::otlp {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return "";
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace

std::optional<std::vector<Pair>> parse_pairs(std::string_view text) {
    std::vector<Pair> pairs;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const std::string_view member = trimmed(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (member.empty()) continue;
        const auto sign = member.find('=');
        if (sign == member.npos) return std::nullopt;
        const std::string_view name = trimmed(member.substr(0, sign));
        auto value = http::percent_decoded(trimmed(member.substr(sign + 1)), false);
        if (name.empty() || !value) return std::nullopt;
        pairs.emplace_back(name, *std::move(value));
    }
    return pairs;
}

bool is_own_attribute(std::string_view name) {
    constexpr std::array<std::string_view, 4> own = {
        "service.name", "service.version", "service.instance.id", "deployment.environment.name"
    };
    return name.starts_with("telemetry.sdk.") || std::ranges::find(own, name) != own.end();
}

}  // namespace acme::otlp
