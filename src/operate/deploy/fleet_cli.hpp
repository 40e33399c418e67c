#pragma once

/// `acme fleet check`.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"
#include "operate/deploy/fleet.hpp"

#include <functional>

namespace acme::cli {
class Commands;
}

namespace acme::deploy {

/// What is wrong with what runs here. Errors: local.not_running (not_found).
using LookAtRunning = std::function<Task<Result<Findings>>(trace::Context)>;

/// Without `look` the file is always asked for.
void add_fleet_commands(cli::Commands& commands, LookAtRunning look = nullptr);

}  // namespace acme::deploy
