#pragma once

namespace acme {
class Networks;
struct Telemetry;
}  // namespace acme

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::idempotency {
class Idempotency;
}

namespace acme::schedules {

class Schedules;

/// What the routes take. All outlive the router.
struct Routes {
    Schedules& schedules;
    Telemetry& telemetry;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
};

/// GET /v1/schedules and, of one, GET, PUT, DELETE, GET …/runs, POST :trigger, :pause, :resume and
/// :backfill; POST /v1/schedules:preview; and what of it there is for the platform's own, below
/// /v1/platform/schedules.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::schedules
