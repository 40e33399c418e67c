#pragma once

/// What the program consists of: one list for each face a room can have, each in a file of its
/// name. A room that is not named there is not in the product; nothing registers itself.

#include "io/pg/migrate.hpp"

#include <span>

namespace acme::http {
class Router;
}
namespace acme::jobs {
class Registry;
}
namespace acme::schedule {
class Schedule;
}
namespace acme::cli {
class Commands;
}

namespace acme::app {

struct Platform;

void add_routes(http::Router& router, Platform& platform);
void add_jobs(jobs::Registry& jobs, Platform& platform);
void add_schedule(schedule::Schedule& schedule);
void add_commands(cli::Commands& commands, Platform& platform);

std::span<const pg::Migration> migrations();

}  // namespace acme::app
