#include "platform/flag_settings/words.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::flag_settings {
namespace {

constexpr std::size_t rules_told = 2;
constexpr std::size_t values_told = 3;
constexpr std::size_t text_bytes_told = 40;

/// Not more of it than fits, and no character cut in two.
std::string brief(std::string_view text) {
    if (text.size() <= text_bytes_told) return std::string(text);
    std::size_t end = text_bytes_told;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "…";
}

std::string words_of(flags::Op op) {
    using enum flags::Op;
    switch (op) {
        case in: return "";
        case starts_with: return "starting with ";
        case ends_with: return "ending with ";
        case contains: return "containing ";
        case matches: return "matching ";
        case lt: return "< ";
        case le: return "≤ ";
        case gt: return "> ";
        case ge: return "≥ ";
        case eq: return "= ";
        case semver_lt: return "version < ";
        case semver_le: return "version ≤ ";
        case semver_eq: return "version = ";
        case semver_ge: return "version ≥ ";
        case semver_gt: return "version > ";
        case before: return "before ";
        case after: return "after ";
        case cidr: return "in network ";
        case segment: return "segment ";
        case present: return "present";
    }
    return "";
}

std::string words_of(const flags::Clause& clause) {
    std::string text = clause.negate ? "not " : "";
    if (!clause.attribute.empty()) text += brief(clause.attribute) + " ";
    text += words_of(clause.op);
    for (std::size_t i = 0; i < std::min(values_told, clause.values.size()); ++i) {
        text += (i > 0 ? ", " : "") + brief(clause.values[i]);
    }
    if (clause.values.size() > values_told) {
        text += " and " + std::to_string(clause.values.size() - values_told) + " more";
    }
    return text;
}

std::string words_of(const flags::Serve& serve) {
    if (serve.split.empty()) return brief(serve.variant);
    std::uint64_t sum = 0;
    for (const flags::Share& share : serve.split) sum += share.weight;
    std::string text;
    for (const flags::Share& share : serve.split) {
        if (share.weight == 0) continue;
        const auto part =
            static_cast<std::uint32_t>(std::uint64_t{share.weight} * flags::whole / sum);
        text += (text.empty() ? "" : ", ") + brief(share.variant) + " " + percent_of(part);
    }
    return text;
}

std::string words_of(const flags::Rule& rule) {
    std::string whom;
    for (const flags::Clause& clause : rule.clauses) {
        whom += (whom.empty() ? "" : " and ") + words_of(clause);
    }
    std::string text = whom.empty() ? "everybody" : whom;
    if (rule.rollout) text = percent_of(*rule.rollout) + " of " + text;
    return text + ": " + words_of(rule.serve);
}

std::optional<std::string> sole_of(const flags::Serve& serve) {
    if (serve.split.empty()) return serve.variant;
    for (const flags::Share& share : serve.split) {
        if (share.weight == flags::whole) return share.variant;
    }
    return std::nullopt;
}

}  // namespace

std::string percent_of(std::uint32_t weight) {
    std::string text = std::to_string(weight / 1000);
    if (weight % 1000 != 0) {
        std::string decimals = std::to_string(1000 + weight % 1000).substr(1);
        decimals.erase(decimals.find_last_not_of('0') + 1);
        text += "." + decimals;
    }
    return text + " %";
}

std::string serves_of(const flags::Flag& flag) {
    if (!flag.is_enabled) {
        return flag.off_value ? "off: " + brief(boost::json::serialize(*flag.off_value)) : "off";
    }
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (!flag.prerequisites.empty()) add("needs " + brief(flag.prerequisites.front().flag));
    if (!flag.overrides.empty()) add(std::to_string(flag.overrides.size()) + " by name");
    std::size_t told = 0;
    std::size_t enabled = 0;
    for (const flags::Rule& rule : flag.rules) {
        if (!rule.is_enabled) continue;
        if (++enabled > rules_told) continue;
        add(words_of(rule));
        ++told;
    }
    if (enabled > told) add(std::to_string(enabled - told) + " more rules");
    if (!flag.fallthrough) {
        add("else the caller's default");
    } else if (text.empty()) {
        add("everybody: " + words_of(*flag.fallthrough));
    } else {
        add("else " + words_of(*flag.fallthrough));
    }
    return text;
}

std::optional<std::string> sole_variant(const flags::Flag& flag) {
    if (!flag.is_enabled || !flag.prerequisites.empty() || !flag.overrides.empty()) {
        return std::nullopt;
    }
    for (const flags::Rule& rule : flag.rules) {
        if (!rule.is_enabled) continue;
        if (!rule.clauses.empty() || rule.rollout.value_or(flags::whole) < flags::whole) {
            return std::nullopt;
        }
        return sole_of(rule.serve);
    }
    return flag.fallthrough ? sole_of(*flag.fallthrough) : std::nullopt;
}

std::optional<std::string> still_off(const flags::Flag& flag) {
    const bool decides = std::ranges::any_of(flag.rules, &flags::Rule::is_enabled);
    if (decides || !flag.overrides.empty() || !flag.fallthrough) return std::nullopt;
    auto served = sole_of(*flag.fallthrough);
    const auto is_false = [&](const flags::Variant& each) {
        return each.key == served && each.value == false;
    };
    if (!served || std::ranges::none_of(flag.variants, is_false)) return std::nullopt;
    return served;
}

}  // namespace acme::flag_settings
