#include "app/migrate_command.hpp"

#include "app/lists.hpp"
#include "app/platform.hpp"
#include "io/cli/commands.hpp"

namespace acme::app {
namespace {

Result<> migrate(const Config& config, const cli::Call& call) {
    const bool is_json = call.has("--json");
    if (call.has("--status")) {
        const auto status = pg::read_migration_status(config.database_url, migrations());
        for (const std::string& line : pg::show(status, is_json)) call.print(line);
        return {};
    }
    if (call.has("--dry-run")) {
        const auto plan = pg::plan_migrations(config.database_url, migrations());
        for (const std::string& line : pg::show(plan, is_json)) call.print(line);
        return {};
    }
    const auto tell = [&](std::string_view line) {
        if (!is_json) call.print(line);
    };
    const auto applied = pg::migrate(config.database_url, migrations(), {.tell = tell});
    if (is_json) call.print(pg::show_applied(applied));
    return {};
}

/// What is locked now may be free soon: exit code 75. The rest is a fault.
Task<Result<>> run(const Config& config, const cli::Call& call) {
    try {
        co_return migrate(config, call);
    } catch (const pg::Fault& fault) {
        if (fault.sqlstate() != pg::sqlstate::lock_not_available) throw;
        co_return refuse(ErrorKind::unavailable, "migrate.locked", fault.what());
    }
}

}  // namespace

void add_migrate_command(cli::Commands& commands, Platform& platform) {
    commands.add({
        .name = "migrate",
        .options =
            {{"--dry-run", "", "show what would be applied, and change nothing"},
             {"--status", "", "show every migration and when it was applied"},
             {"--json", "", "as one JSON line"}},
        .about = "Applies the migrations that the database lacks.",
        .example = "acme migrate --dry-run",
        .run = [&platform](const cli::Call& call) { return run(platform.config, call); },
    });
}

}  // namespace acme::app
