#pragma once

#include "base/networks.hpp"
#include "operate/changes/freezes.hpp"

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http
namespace acme::idempotency {
class Idempotency;
}

namespace acme::changes {

/// What the routes take. All of it outlives the router.
struct HttpParts {
    pg::Database& db;
    const Clock& clock;
    Freezes& freezes;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
    std::string environment;  // of the installation
};

/// GET /v1/freezes for viewers; POST /v1/freezes, DELETE /v1/freezes/{id} and
/// POST /v1/freezes/{id}:pass for operators.
void add_routes(http::Router& router, HttpParts parts);

}  // namespace acme::changes
