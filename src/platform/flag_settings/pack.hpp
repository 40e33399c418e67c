#pragma once

/// A document as it lies in the database. Private to platform/flag_settings.

#include <cstddef>
#include <string_view>
#include <vector>

namespace acme::flag_settings {

inline constexpr std::size_t packed_from_bytes = std::size_t{64} * 1024;

/// As it is up to packed_from_bytes; else by gzip, whose first byte is never a brace.
std::vector<std::byte> pack(std::string_view json);

/// By gzip, however short it is.
std::vector<std::byte> pack_list(std::string_view json);

}  // namespace acme::flag_settings
