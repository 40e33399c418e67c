#include "app/migrate_command.hpp"

#include "app/lists.hpp"
#include "app/platform.hpp"
#include "io/cli/commands.hpp"

namespace acme::app {
namespace {

Task<Result<>> migrate(const Config& config, const cli::Call& call) {
    for (const std::string& name : pg::migrate(config.database_url, migrations())) {
        call.print("applied " + name);
    }
    co_return done;
}

}  // namespace

void add_migrate_command(cli::Commands& commands, Platform& platform) {
    commands.add({
        .name = "migrate",
        .about = "Applies the migrations that the database lacks.",
        .example = "acme migrate --dry-run",
        .run = [&platform](const cli::Call& call) { return migrate(platform.config, call); },
    });
}

}  // namespace acme::app
