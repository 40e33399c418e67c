#pragma once

/// Names of files as people give and get them: on the wire in Content-Disposition.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace acme::files {

inline constexpr std::size_t name_bytes_max = 255;

/// The last part of a path, as browsers may send one: 1 to name_bytes_max bytes of UTF-8 without
/// control characters and without those that turn the direction of text. Errors: files.name_invalid
/// (invalid), with the pointer "/name".
Result<std::string> checked_name(std::string_view name);

/// `filename*` or else `filename` of a Content-Disposition; "" for none. Source: RFC 6266, 4 and
/// RFC 8187.
std::string name_in_disposition(std::string_view header);

/// 'attachment; filename="a_.txt"; filename*=UTF-8''a%C3%A9.txt'. Source: the same.
std::string attachment_of(std::string_view name);

}  // namespace acme::files
