#pragma once

#include "base/networks.hpp"

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

namespace acme::webhooks {

class Webhooks;
class Deliveries;

/// What the routes take. All outlive the router.
struct Routes {
    pg::Database& db;
    Webhooks& webhooks;
    Deliveries& deliveries;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
};

/// All of them.
void add_routes(http::Router& router, Routes room);

/// POST /v1/webhooks/{id}:test and :redeliver_failed; what lies under
/// /v1/webhooks/{id}/deliveries.
void add_delivery_routes(http::Router& router, Routes room);

}  // namespace acme::webhooks
