#pragma once

/// Deployments, releases and the fleet over HTTP.

#include "base/networks.hpp"
#include "operate/changes/freezes.hpp"
#include "operate/deploy/deploy_cli.hpp"

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http
namespace acme::idempotency {
class Idempotency;
}

namespace acme::deploy {

/// What the routes take. All of it outlives the router.
struct HttpParts {
    pg::Database& db;
    Telemetry& telemetry;
    fetch::Client& fetch;
    changes::Freezes& freezes;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
    std::function<Result<Ground>()> find_ground;
    std::string environment;  // of the installation
};

/// GET /v1/deployments, /v1/deployments/{id}, /v1/deployments/{id}/events for viewers; POST
/// /v1/deployments, /v1/deployments/{id}:hold|resume|promote|abort, /v1/rollbacks for operators;
/// and the routes of releases_http.hpp.
void add_routes(http::Router& router, HttpParts parts);

/// The machines and the balancer, for who answers a request. Errors: deploy.no_machines
/// (unavailable), when this node finds none.
Result<Ground> ground_of(const HttpParts& parts);

}  // namespace acme::deploy
