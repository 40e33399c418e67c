#pragma once

/// `acme release add`, `acme release list`: what is unpacked on this machine. They need no
/// configuration, and nothing that runs.

#include "base/clock.hpp"

#include <string>

namespace acme::cli {
class Commands;
}

namespace acme::local {

/// `home` is that of `acme up`, where `--home` names no other. The clock outlives the commands.
void add_release_commands(cli::Commands& commands, const Clock& clock, const std::string& home);

}  // namespace acme::local
