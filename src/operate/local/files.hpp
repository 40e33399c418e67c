#pragma once

/// Files that only their owner may read.

#include <optional>
#include <string>
#include <string_view>

namespace acme::local {

/// nullopt when there is none.
std::optional<std::string> read_file(const std::string& path);

/// Mode 0600, in place at once by rename: a reader sees the old text or the new one. Throws
/// std::system_error.
void write_private(const std::string& path, std::string_view text);

/// Mode 0700, with what leads to it. Throws std::system_error.
void make_private_folder(const std::string& path);

}  // namespace acme::local
