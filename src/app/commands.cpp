#include "io/cli/commands.hpp"

#include "app/config_commands.hpp"
#include "app/config_docs.hpp"
#include "app/deploy_parts.hpp"
#include "app/lists.hpp"
#include "app/migrate_command.hpp"
#include "app/platform.hpp"
#include "app/visitors.hpp"
#include "operate/balancer/balancer_cli.hpp"
#include "operate/changes/freezes_cli.hpp"
#include "operate/demo/demo_cli.hpp"
#include "operate/deploy/fleet_cli.hpp"
#include "operate/drift/drift_cli.hpp"
#include "operate/drills/drills_cli.hpp"
#include "operate/load/load_cli.hpp"
#include "operate/local/local_cli.hpp"
#include "operate/local/release_cli.hpp"
#include "operate/local/release_diff.hpp"
#include "operate/local/running.hpp"
#include "operate/local/supervisor.hpp"
#include "operate/logs/logs_cli.hpp"
#include "operate/metrics/metrics_cli.hpp"
#include "operate/smoke/smoke_cli.hpp"
#include "platform/accounts/accounts_cli.hpp"
#include "platform/audit/audit_cli.hpp"
#include "platform/files/files_cli.hpp"
#include "platform/files/remote_cli.hpp"
#include "platform/flag_settings/flags_cli.hpp"
#include "platform/keys/keys_cli.hpp"
#include "platform/queues/jobs_cli.hpp"
#include "platform/schedules/schedules_cli.hpp"
#include "platform/tokens/client_cli.hpp"
#include "platform/tokens/login_cli.hpp"
#include "platform/tokens/tokens_cli.hpp"
#include "platform/webhooks/webhooks_cli.hpp"

namespace acme::app {
namespace {

/// What visits the platform from outside.
void add_visitors(cli::Commands& commands, Platform& platform) {
    const std::string running = local::url_of_running(platform.config.home);
    const std::string url = running.empty() ? platform.config.url : running;
    load::add_commands(
        commands,
        {.telemetry = platform.telemetry,
         .make_account = trial_account(platform),
         .make_crowd = trial_crowd(platform),
         .url = url}
    );
    demo::add_commands(
        commands, {.telemetry = platform.telemetry, .make_account = demo_account(platform)}, running
    );
    smoke::add_commands(
        commands, {.telemetry = platform.telemetry, .make_account = smoke_account(platform)}, url
    );
}

std::optional<cli::Credential> login_in(const std::string& folder) {
    auto login = tokens::kept_login(folder);
    if (!login) return std::nullopt;
    return cli::Credential{.url = std::move(login->url), .key = std::move(login->key)};
}

std::vector<metrics::Target> targets_here(const std::string& home) {
    std::vector<metrics::Target> targets;
    for (const deploy::Facts& facts : local::nodes_of_running(home)) {
        targets.push_back({facts.node, facts.environment, facts.address});
    }
    return targets;
}

/// Where a person's own settings lie; "" when there is no home. Source: XDG Base Directory, 0.8.
std::string user_folder(const Environment& environment) {
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    if (const auto folder = value("XDG_CONFIG_HOME"); !folder.empty()) return folder + "/acme";
    const std::string home = value("HOME");
    return home.empty() ? "" : home + "/.config/acme";
}

local::Description describe_release() {
    local::Description description{.migrations = {}, .settings = setting_names()};
    for (const pg::Migration& migration : migrations()) {
        description.migrations.emplace_back(migration.name);
    }
    return description;
}

webhooks::Terminal webhooks_terminal(Platform& platform) {
    return {
        platform.db,
        platform.webhooks,
        platform.deliveries,
        platform.accounts,
        platform.lanes,
        platform.telemetry
    };
}

}  // namespace

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
    commands.add_group("release", "Releases that can be deployed: add, list.");
    local::add_release_commands(commands, platform.clock, home);
    local::add_diff_commands(commands, platform.clock, home, describe_release);
    logs::add_commands(commands, platform.clock, home);
    commands.add_group("admin", "The administrator's way in.");
    commands.add_group("accounts", "Accounts: create, list, role, disable, enable.");
    accounts::add_commands(
        commands, platform.accounts, platform.links, platform.config.admin_email
    );
    commands.add_group("keys", "API keys, and the keys that sign tokens.");
    keys::add_commands(commands, platform.keys, platform.accounts);
    tokens::add_key_commands(commands, platform.signing_keys);
    commands.add_group("service-account", "Accounts of programs, with secrets and tokens.");
    tokens::add_commands(commands, platform.service_accounts, platform.accounts);
    tokens::add_client_commands(commands, platform.fetch, platform.telemetry);
    const std::string running = local::url_of_running(home);
    const std::string here = running.empty() ? platform.config.url : running;
    const std::string user = user_folder(process_environment());
    tokens::add_login_commands(commands, {.fetch = platform.fetch, .url = here, .folder = user});
    commands.add_group("audit", "Who changed what.");
    audit::add_commands(commands, platform.db, *platform.store, platform.clock);
    commands.add_group("files", "Uploaded files.");
    files::add_commands(commands, platform.files);
    const cli::Profile profile{.url = here, .login = [user] { return login_in(user); }};
    files::add_remote_commands(commands, {.fetch = platform.fetch, .profile = profile});
    commands.add_group("jobs", "Background jobs and their queues.");
    queues::add_commands(commands, {.fetch = platform.fetch, .profile = profile});
    commands.add_group("webhooks", "Where programs outside are told what happened.");
    webhooks::add_commands(commands, webhooks_terminal(platform));
    commands.add_group("schedule", "What happens again and again.");
    schedules::add_commands(commands, platform.schedules, platform.accounts);
    commands.add_group("flags", "Feature flags: what is answered to whom.");
    flag_settings::add_commands(commands, platform.flag_settings);
    commands.add_group("config", "The environment variables: check them, document them.");
    add_config_commands(commands);
    add_migrate_command(commands, platform);
    add_visitors(commands, platform);
    deploy::add_commands(commands, deploy_parts(platform));
    drift::add_commands(commands, deploy_parts(platform));
    drills::add_commands(commands, deploy_parts(platform));
    commands.add_group("freeze", "Times in which nothing new is deployed.");
    changes::add_commands(commands, platform.freezes, platform.clock, platform.config.environment);
    deploy::add_fleet_commands(commands);
    metrics::add_commands(commands, [&home] { return targets_here(home); });
    commands.add_group("balancer", "The balancer in front of the nodes.");
    balancer::add_commands(commands, home, local::run_folder);
}

}  // namespace acme::app
