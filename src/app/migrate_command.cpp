#include "app/migrate_command.hpp"

#include "app/lists.hpp"
#include "app/platform.hpp"
#include "io/cli/plan.hpp"
#include "io/pg/grants.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::app {
namespace {

constexpr std::chrono::milliseconds expected{1'000};  // of one, on tables that nobody holds

cli::Plan plan_of(const std::vector<pg::PlannedMigration>& planned) {
    cli::Plan plan;
    for (const pg::PlannedMigration& each : planned) {
        plan.steps.push_back({
            .about = "applies " + each.name,
            .undo = "none: it only adds, and the release before runs with it",
            .nodes = {"PostgreSQL"},
            .expected = expected,
        });
        for (const std::string& statement : each.statements) plan.made_from += statement + ";\n";
    }
    return plan;
}

void show_plan(
    const cli::Call& call, const std::vector<pg::PlannedMigration>& planned, const cli::Plan& plan
) {
    const bool is_json = call.has("--json");
    const auto lines = pg::show(planned, is_json);
    if (is_json) {
        boost::json::object object = boost::json::parse(lines.front()).as_object();
        for (const auto& member : plan.json()) object[member.key()] = member.value();
        call.print(boost::json::serialize(object));
        return;
    }
    for (const std::string& line : lines) call.print(line);
    for (const std::string& line : plan.words()) call.print(line);
}

const Secret& owner_of(const Config& config) {
    const Secret& own = config.migration_database_url;
    return own.empty() ? config.database_url : own;
}

/// What nodes may not do, nor whoever has taken one over: change or remove what the audit says, or
/// say that a migration was applied.
pg::Exceptions exceptions() {
    return {
        .append_only = {"audit_entries", "audit_seals"},
        .read_only = {"audit_beginnings", "migrations"},
    };
}

/// The role it granted something to; "" when nodes run as the owner.
std::string grant(const Config& config) {
    return pg::grant_rights(owner_of(config), config.database_url, exceptions());
}

Result<> migrate(const Config& config, const cli::Call& call) {
    const bool is_json = call.has("--json");
    const Secret& owner = owner_of(config);
    if (call.has("--status")) {
        const auto status = pg::read_migration_status(owner, migrations());
        for (const std::string& line : pg::show(status, is_json)) call.print(line);
        return {};
    }
    if (call.has("--dry-run") || call.has("--plan")) {
        const auto planned = pg::plan_migrations(owner, migrations());
        const cli::Plan plan = plan_of(planned);
        if (call.has("--dry-run")) {
            show_plan(call, planned, plan);
            return {};
        }
        if (auto meant = cli::expect(call, plan, "migrate.plan_moved"); !meant) return meant;
    }
    const auto tell = [&](std::string_view line) {
        if (!is_json) call.print(line);
    };
    std::vector<std::string> applied;
    if (!call.has("--grants")) applied = pg::migrate(owner, migrations(), {.tell = tell});
    const std::string role = grant(config);
    if (!role.empty()) tell("granted to " + role + " what nodes need");
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
             cli::plan_option,
             {"--grants", "", "apply none: only grant to the role of DATABASE_URL what nodes need"},
             {"--status", "", "show every migration and when it was applied"},
             {"--json", "", "as one JSON line"}},
        .about = "Applies the migrations that the database lacks.",
        .example = "acme migrate --dry-run",
        .run = [&platform](const cli::Call& call) { return run(platform.config, call); },
    });
}

}  // namespace acme::app
