#pragma once

/// What the program consists of: one list for each face a room can have. A room that is not named
/// in lists.cpp is not in the product; nothing registers itself.

#include "io/pg/migrate.hpp"

#include <span>

namespace acme::http {
class Router;
}
namespace acme::jobs {
class Registry;
}
namespace acme::cli {
class Commands;
}

namespace acme::app {

/// The rooms of one thread.
struct Rooms {};

void add_routes(http::Router& router, Rooms rooms);
void add_jobs(jobs::Registry& jobs, Rooms rooms);
void add_commands(cli::Commands& commands, Rooms rooms);

std::span<const pg::Migration> migrations();

}  // namespace acme::app
