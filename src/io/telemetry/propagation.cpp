#include "io/telemetry/propagation.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace acme::trace {
namespace {

constexpr std::size_t members_max = 32;
constexpr std::size_t key_bytes_max = 256;
constexpr std::size_t value_bytes_max = 256;
constexpr std::uint64_t randomness_range = std::uint64_t{1} << 56;
constexpr std::size_t randomness_digits = 14;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// Lower case only: the standard calls "0AF7..." invalid.
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    const bool is_hex =
        std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    return is_hex ? parse_number<std::uint64_t>(text, 16) : std::nullopt;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return "";
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// Cuts the part before `separator` off the front of `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

bool is_key(std::string_view key) {
    if (key.empty() || key.size() > key_bytes_max) return false;
    if (!is_digit(key[0]) && !is_lower(key[0])) return false;
    return std::ranges::all_of(key, [](char c) {
        return is_digit(c) || is_lower(c) || c == '_' || c == '-' || c == '*' || c == '/' ||
               c == '@';
    });
}

bool is_value(std::string_view value) {
    if (value.empty() || value.size() > value_bytes_max || value.back() == ' ') return false;
    return std::ranges::all_of(value, [](char c) {
        return c >= ' ' && c <= '~' && c != ',' && c != '=';
    });
}

struct Member {
    std::string_view key;
    std::string_view value;
};

/// nullopt when one of them is invalid or there twice, or there are too many.
std::optional<std::vector<Member>> members_of(std::string_view header) {
    std::vector<Member> members;
    while (!header.empty()) {
        const std::string_view text = trim(next_part(header, ','));
        if (text.empty()) continue;  // the standard allows it
        const auto sign = text.find('=');
        if (sign == text.npos) return std::nullopt;
        const Member member{text.substr(0, sign), text.substr(sign + 1)};
        if (!is_key(member.key) || !is_value(member.value)) return std::nullopt;
        if (std::ranges::find(members, member.key, &Member::key) != members.end()) {
            return std::nullopt;
        }
        if (members.size() == members_max) return std::nullopt;
        members.push_back(member);
    }
    return members;
}

std::string_view value_of(std::string_view tracestate, std::string_view key) {
    while (!tracestate.empty()) {
        const auto member = next_part(tracestate, ',');
        if (member.starts_with(key) && member.substr(key.size()).starts_with('=')) {
            return member.substr(key.size() + 1);
        }
    }
    return "";
}

}  // namespace

void TraceId::append_to(std::string& out) const {
    append_hex(out, high);
    append_hex(out, low);
}

std::optional<TraceId> parse_trace_id(std::string_view text) {
    if (text.size() != 32) return std::nullopt;
    const auto high = parse_hex(text.substr(0, 16));
    const auto low = parse_hex(text.substr(16));
    if (!high || !low || (*high | *low) == 0) return std::nullopt;
    return TraceId{*high, *low};
}

std::optional<Parent> parse_traceparent(std::string_view header) {
    // "00-<32 hex>-<16 hex>-<2 hex>"; later versions may add "-..." at the end.
    constexpr std::size_t length = 55;
    header = trim(header);
    if (header.size() < length) return std::nullopt;
    if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
    const auto version = parse_hex(header.substr(0, 2));
    if (!version || *version == 0xff) return std::nullopt;
    if (header.size() > length && (*version == 0 || header[length] != '-')) return std::nullopt;

    const auto id = parse_trace_id(header.substr(3, 32));
    const auto span = parse_hex(header.substr(36, 16));
    const auto flags = parse_hex(header.substr(53, 2));
    if (!id || !span || !flags || *span == 0) return std::nullopt;
    return Parent{
        .trace = *id,
        .span = SpanId{*span},
        .is_sampled = (*flags & 1) != 0,
        .is_random = (*flags & 2) != 0,
    };
}

std::string clean_tracestate(std::string_view header) {
    const auto members = members_of(header);
    if (!members) return "";
    std::string clean;
    for (const Member& member : *members) {
        if (!clean.empty()) clean += ',';
        clean.append(member.key).append("=").append(member.value);
    }
    return clean;
}

std::string with_threshold(std::string_view tracestate, std::string_view threshold) {
    std::string own;
    if (!threshold.empty()) own.append("th:").append(threshold);
    for (std::string_view rest = value_of(tracestate, "ot"); !rest.empty();) {
        const auto part = next_part(rest, ';');
        if (part.empty() || part.starts_with("th:")) continue;
        if (own.size() + 1 + part.size() > value_bytes_max) continue;
        if (!own.empty()) own += ';';
        own += part;
    }
    std::string joined;
    std::size_t count = 0;
    if (!own.empty()) {
        joined.append("ot=").append(own);
        ++count;
    }
    while (!tracestate.empty() && count < members_max) {
        const auto member = next_part(tracestate, ',');
        if (member.starts_with("ot=")) continue;
        if (!joined.empty()) joined += ',';
        joined += member;
        ++count;
    }
    return joined;
}

std::uint64_t randomness_of(TraceId id, std::string_view tracestate) {
    for (std::string_view rest = value_of(tracestate, "ot"); !rest.empty();) {
        const auto part = next_part(rest, ';');
        if (!part.starts_with("rv:") || part.size() != 3 + randomness_digits) continue;
        if (const auto given = parse_hex(part.substr(3))) return *given;
    }
    return id.low & (randomness_range - 1);
}

Threshold::Threshold(double share) {
    constexpr int dropped_bits = 40;  // of 56: four hex digits stay
    if (share <= 0) return;
    const double wanted = (1.0 - std::min(share, 1.0)) * static_cast<double>(randomness_range);
    const auto least = static_cast<std::uint64_t>(wanted);
    // Below the precision of four digits more of them are kept.
    least_ = share < 0.001 ? least : least >> dropped_bits << dropped_bits;
    append_hex(text_, *least_);
    text_.erase(0, 16 - randomness_digits);
    text_.erase(std::max<std::size_t>(text_.find_last_not_of('0') + 1, 1));
}

bool is_header(std::string_view name, std::string_view lower_case_name) {
    return name.size() == lower_case_name.size() &&
           std::ranges::equal(name, lower_case_name, [](char given, char lower) {
               return (given >= 'A' && given <= 'Z' ? given | 0x20 : given) == lower;
           });
}

}  // namespace acme::trace
