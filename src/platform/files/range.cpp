#include "platform/files/range.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace acme::files {

RangeAsked read_range(std::string_view header, std::uint64_t bytes) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return {};
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == header.npos || header.find(',') != header.npos) return {};
    const auto first = parse_number<std::uint64_t>(header.substr(0, dash));
    const auto last = parse_number<std::uint64_t>(header.substr(dash + 1));
    const bool has_first = dash > 0;
    const bool has_last = dash + 1 < header.size();
    if ((has_first && !first) || (has_last && !last) || (!has_first && !has_last)) return {};

    if (!has_first) {
        const std::uint64_t count = std::min(*last, bytes);
        if (count == 0) return {.asked = Asked::nothing};
        return {.asked = Asked::part, .range = {.first = bytes - count, .count = count}};
    }
    if (has_last && *last < *first) return {};
    if (*first >= bytes) return {.asked = Asked::nothing};
    const std::uint64_t end = has_last ? std::min(*last, bytes - 1) : bytes - 1;
    return {.asked = Asked::part, .range = {.first = *first, .count = end - *first + 1}};
}

}  // namespace acme::files
