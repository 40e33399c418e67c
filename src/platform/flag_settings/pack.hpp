#pragma once

/// A rule set as it lies in the database: deflated when it is long. Private to
/// platform/flag_settings.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acme::flag_settings {

inline constexpr std::size_t packed_from_bytes = std::size_t{64} * 1024;

/// As it is up to packed_from_bytes; else in zlib's format, whose first byte is never a brace.
std::vector<std::byte> pack(std::string_view json);

/// nullopt for what pack() did not make, or was more than `bytes_max`.
std::optional<std::string> unpack(std::span<const std::byte> bytes, std::size_t bytes_max);

}  // namespace acme::flag_settings
