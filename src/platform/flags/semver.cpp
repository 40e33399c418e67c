#include "platform/flags/semver.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace acme::flags {
namespace {

bool is_numeric(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view next_part(std::string_view& rest) {
    const auto end = std::min(rest.find('.'), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

bool are_identifiers(std::string_view text, bool are_zeros_allowed) {
    if (text.empty() || text.ends_with('.')) return false;
    while (!text.empty()) {
        const std::string_view part = next_part(text);
        const bool is_good = !part.empty() && std::ranges::all_of(part, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c == '-';
        });
        const bool has_zero = part.size() > 1 && part.front() == '0' && is_numeric(part);
        if (!is_good || (has_zero && !are_zeros_allowed)) return false;
    }
    return true;
}

/// Numbers are below words, and compare as numbers of any length.
std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
    const bool is_a_number = is_numeric(a);
    if (is_a_number != is_numeric(b)) {
        return is_a_number ? std::weak_ordering::less : std::weak_ordering::greater;
    }
    if (is_a_number && a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

}  // namespace

std::optional<Semver> Semver::parse(std::string_view text) {
    Semver version;
    if (const auto plus = text.find('+'); plus != text.npos) {
        if (!are_identifiers(text.substr(plus + 1), true)) return std::nullopt;
        text = text.substr(0, plus);
    }
    if (const auto dash = text.find('-'); dash != text.npos) {
        version.prerelease = text.substr(dash + 1);
        if (!are_identifiers(version.prerelease, false)) return std::nullopt;
        text = text.substr(0, dash);
    }
    if (text.ends_with('.')) return std::nullopt;
    for (std::uint64_t& number : version.numbers) {
        const std::string_view part = next_part(text);
        if (!is_numeric(part) || (part.size() > 1 && part.front() == '0')) return std::nullopt;
        const auto parsed = parse_number<std::uint64_t>(part);
        if (!parsed) return std::nullopt;
        number = *parsed;
    }
    if (!text.empty()) return std::nullopt;
    return version;
}

std::weak_ordering Semver::operator<=>(const Semver& other) const {
    if (const auto order = numbers <=> other.numbers; order != 0) return order;
    if (prerelease.empty() || other.prerelease.empty()) {
        return prerelease.empty() <=> other.prerelease.empty();
    }
    std::string_view a = prerelease;
    std::string_view b = other.prerelease;
    while (!a.empty() && !b.empty()) {
        const auto order = compare_identifiers(next_part(a), next_part(b));
        if (order != 0) return order;
    }
    return a.size() <=> b.size();
}

}  // namespace acme::flags
