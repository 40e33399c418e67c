#pragma once

namespace acme::cli {
class Commands;
}

namespace acme::app {

struct Platform;

/// acme migrate
void add_migrate_command(cli::Commands& commands, Platform& platform);

}  // namespace acme::app
