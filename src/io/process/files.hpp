#pragma once

/// Small files that other processes read: the whole old text or the whole new one, never half.

#include <optional>
#include <string>
#include <string_view>

namespace acme::process {

/// nullopt when there is none.
std::optional<std::string> read_file(const std::string& path);

/// Mode 0600, in place at once by rename, and kept over a power cut. Throws std::system_error.
void write_private(const std::string& path, std::string_view text);

}  // namespace acme::process
