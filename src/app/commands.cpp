#include "io/cli/commands.hpp"

#include "app/config_commands.hpp"
#include "app/lists.hpp"
#include "app/migrate_command.hpp"
#include "app/platform.hpp"
#include "operate/local/local_cli.hpp"
#include "operate/local/supervisor.hpp"
#include "operate/logs/logs_cli.hpp"
#include "platform/accounts/accounts_cli.hpp"
#include "platform/audit/audit_http.hpp"
#include "platform/files/files_cli.hpp"

namespace acme::app {

void add_commands(cli::Commands& commands, Platform& platform) {
    commands.set_footer(
        "Roles, each a process of its own: acme serve, acme worker, acme scheduler.\n"
        "Every command takes --help."
    );
    const std::string& home = platform.config.home;
    local::add_commands(
        commands,
        {.clock = platform.clock,
         .random = platform.random,
         .environment = process_environment(),
         .home = home}
    );
    logs::add_commands(commands, platform.clock, home);
    commands.add_group("admin", "The administrator's way in.");
    commands.add_group("accounts", "Accounts: create, list.");
    accounts::add_commands(
        commands, platform.accounts, platform.links, platform.config.admin_email
    );
    commands.add_group("audit", "Who changed what.");
    audit::add_commands(commands, platform.db);
    commands.add_group("files", "Uploaded files.");
    files::add_commands(commands, platform.files);
    commands.add_group("config", "The environment variables: check them, document them.");
    add_config_commands(commands);
    add_migrate_command(commands, platform);
    commands.add_group("balancer", "The balancer in front of the nodes.");
}

}  // namespace acme::app
