#pragma once

/// `acme balancer show|status|weights|drain|ready|maintenance|reload|apply|check`.

#include "io/cli/commands.hpp"

namespace acme::balancer {

/// The run folder that belongs to a home, as `acme up` chooses it.
using RunFolder = std::function<std::string(std::string home)>;

void add_commands(cli::Commands& commands, std::string home, RunFolder run_folder);

}  // namespace acme::balancer
