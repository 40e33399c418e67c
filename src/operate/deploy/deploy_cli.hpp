#pragma once

/// `acme deploy plan|run|status|watch|hold|resume|promote|abort|rollback|history`.

#include "operate/deploy/deployments.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::deploy {

/// What the commands stand on. The machines and the balancer are found when a command runs.
struct Ground {
    std::unique_ptr<Driver> driver;
    std::unique_ptr<balancer::Balancer> balancer;
    std::unique_ptr<Judging> judging;
};

struct CliParts {
    /// Errors: local.not_running (not_found).
    std::function<Result<Ground>()> find_ground;
    pg::Database& db;
    fetch::Client& fetch;
    Telemetry& telemetry;
    TaskGroup& tasks;
    Hooks hooks;
    std::string journal_folder;
    std::string environment;  // "production", or what ACME_ENVIRONMENT says
    bool is_production = false;
};

void add_commands(cli::Commands& commands, CliParts parts);

}  // namespace acme::deploy
