#pragma once

/// Names that people give to things: what is a line, and how long it is for them.

#include <cstddef>
#include <string_view>

namespace acme {

/// Characters of UTF-8, each counted by its first byte.
std::size_t chars_in(std::string_view text);

/// No line end, and no other control character.
bool is_one_line(std::string_view text);

}  // namespace acme
