#include "io/cli/commands.hpp"

#include "app/config_commands.hpp"
#include "app/lists.hpp"
#include "app/migrate_command.hpp"

namespace acme::app {

void add_commands(cli::Commands& commands, Platform& platform) {
    commands.set_footer(
        "Roles, each a process of its own: acme serve, acme worker, acme scheduler.\n"
        "Every command takes --help."
    );
    commands.add_group("config", "The environment variables: check them, document them.");
    add_config_commands(commands);
    add_migrate_command(commands, platform);
}

}  // namespace acme::app
