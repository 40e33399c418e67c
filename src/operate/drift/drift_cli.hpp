#pragma once

/// `acme drift show|repair`.

#include "operate/deploy/deploy_cli.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::drift {

/// What `parts` refers to outlives the commands.
void add_commands(cli::Commands& commands, deploy::CliParts parts);

}  // namespace acme::drift
