#pragma once

/// GET /v1/drills: how drills went, and which are due.

#include "io/http/router.hpp"
#include "io/pg/database.hpp"

namespace acme::drills {

/// `db` and `clock` outlive the routes.
void add_routes(
    http::Router& router, pg::Database& db, const Clock& clock, std::string environment
);

}  // namespace acme::drills
