#include "base/one_line.hpp"

#include <algorithm>

namespace acme {

std::size_t chars_in(std::string_view text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (c >= '\0' && c < ' ') || c == 0x7f; });
}

}  // namespace acme
