#pragma once

#include "io/cli/commands.hpp"
#include "platform/files/files.hpp"

namespace acme::files {

/// `acme files list`
void add_commands(cli::Commands& commands, Files& files);

}  // namespace acme::files
