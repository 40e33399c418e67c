#pragma once

/// GET /v1/drift: the last look.

#include "io/http/router.hpp"
#include "io/pg/database.hpp"

namespace acme::drift {

/// `db` outlives the routes.
void add_routes(http::Router& router, pg::Database& db, std::string environment);

}  // namespace acme::drift
