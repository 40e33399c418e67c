#include "base/one_line.hpp"
#include "base/text.hpp"
#include "platform/flags/explain.hpp"
#include "platform/flags/ruleset.hpp"

#include <algorithm>
#include <array>

namespace acme::flags {
namespace {

using namespace std::string_view_literals;

// In the order of the enumerations.
constexpr std::array types{"bool"sv, "string"sv, "int"sv, "double"sv, "json"sv};
constexpr std::array ops{"in"sv,        "starts_with"sv, "ends_with"sv, "contains"sv,
                         "matches"sv,   "lt"sv,          "le"sv,        "gt"sv,
                         "ge"sv,        "eq"sv,          "semver_lt"sv, "semver_le"sv,
                         "semver_eq"sv, "semver_ge"sv,   "semver_gt"sv, "before"sv,
                         "after"sv,     "cidr"sv,        "segment"sv,   "present"sv};
constexpr std::array schemes{
    "acme"sv, "unleash"sv, "flagd2"sv, "growthbook1"sv, "growthbook2"sv, "flipt"sv, "goff"sv
};
constexpr std::array reasons{
    "STATIC"sv, "TARGETING_MATCH"sv, "SPLIT"sv, "DEFAULT"sv, "DISABLED"sv, "ERROR"sv
};
static_assert(reasons.size() == reason_count);
constexpr std::array faults{""sv, "TARGETING_KEY_MISSING"sv, "TYPE_MISMATCH"sv, "FLAG_NOT_FOUND"sv};
constexpr std::array steps{
    "state"sv,
    "prerequisite"sv,
    "override"sv,
    "rule"sv,
    "clause"sv,
    "rollout"sv,
    "split"sv,
    "fallthrough"sv
};

template <class Enum, std::size_t size>
std::optional<Enum> found(const std::array<std::string_view, size>& words, std::string_view word) {
    const auto* const at = std::ranges::find(words, word);
    if (at == words.end()) return std::nullopt;
    return static_cast<Enum>(at - words.begin());
}

}  // namespace

std::string_view word_of(ValueType type) { return types.at(static_cast<std::size_t>(type)); }
std::string_view word_of(Op op) { return ops.at(static_cast<std::size_t>(op)); }
std::string_view word_of(Scheme scheme) { return schemes.at(static_cast<std::size_t>(scheme)); }
std::string_view word_of(Reason reason) { return reasons.at(static_cast<std::size_t>(reason)); }
std::string_view word_of(Fault fault) { return faults.at(static_cast<std::size_t>(fault)); }
std::string_view word_of(Step::What what) { return steps.at(static_cast<std::size_t>(what)); }

std::optional<ValueType> type_of(std::string_view word) { return found<ValueType>(types, word); }
std::optional<Op> op_of(std::string_view word) { return found<Op>(ops, word); }
std::optional<Scheme> scheme_of(std::string_view word) { return found<Scheme>(schemes, word); }

bool is_key(std::string_view text) {
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (text.empty() || text.size() > key_chars_max || !is_word(text.front())) return false;
    return std::ranges::all_of(text, [&](char c) {
        return is_word(c) || c == '.' || c == '_' || c == '-';
    });
}

bool is_flag_key(std::string_view text) {
    const auto is_fit = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > ' ' && byte != 0x7F && !std::string_view("/?#%\"\\").contains(c);
    };
    return !text.empty() && chars_in(text) <= key_chars_max && to_storable(text) == text &&
           std::ranges::all_of(text, is_fit);
}

std::vector<Variant> bool_variants() {
    return {{.key = "on", .value = true}, {.key = "off", .value = false}};
}

}  // namespace acme::flags
