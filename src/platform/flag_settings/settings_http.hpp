#pragma once

namespace acme {
class Networks;
}

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::idempotency {
class Idempotency;
}

namespace acme::flag_settings {

struct Settings;

/// What the routes take. All outlive the router.
struct Routes {
    Settings& settings;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;
    bool is_evaluated;  // whether this node answers flags at all: ENABLE_FEATURE_FLAGS
};

/// /v1/admin/flags, flag-environments and segments, each with what lies below it, and
/// PUT /v1/flags/{flag}/references. Whoever has a role on the platform reads, operators change.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::flag_settings
