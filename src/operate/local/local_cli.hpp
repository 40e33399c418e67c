#pragma once

/// `acme up`, `acme down`, `acme status`, `acme balancer render`: everything on one machine.

#include "operate/local/supervisor.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::local {

/// What `around` refers to outlives the commands. They need no configuration: `up` makes one.
void add_commands(cli::Commands& commands, Surroundings around);

/// Where the sockets of what `acme up` runs with that home lie.
std::string run_folder(std::string home);

}  // namespace acme::local
