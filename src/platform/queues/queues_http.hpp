#pragma once

#include "base/networks.hpp"
#include "io/telemetry/telemetry.hpp"

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::idempotency {
class Idempotency;
}

namespace acme::pg {
class Database;
}

namespace acme::queues {

class PullNews;

/// What the routes take. All outlive the router.
struct Routes {
    pg::Database& db;
    Telemetry& telemetry;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
    PullNews& pull_news;
};

/// All of them: jobs, queues, workers, pull and leases.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::queues
