#pragma once

/// `acme drill rollback|node-kill|list`.

#include "operate/deploy/deploy_cli.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::drills {

/// What `parts` refers to outlives the commands.
void add_commands(cli::Commands& commands, deploy::CliParts parts);

}  // namespace acme::drills
