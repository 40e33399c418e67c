#pragma once

/// Files that only their owner may read.

#include "io/process/files.hpp"

#include <string>

namespace acme::local {

using process::read_file;
using process::write_private;

/// Mode 0700, with what leads to it. Throws std::system_error.
void make_private_folder(const std::string& path);

}  // namespace acme::local
