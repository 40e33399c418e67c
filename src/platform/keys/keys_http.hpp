#pragma once

namespace acme {
class Networks;
}

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::keys {

class Keys;

/// What the routes take. Outlives the router.
struct Routes {
    Keys& keys;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;  // see http::client_address()
};

/// GET and POST /v1/me/api_keys, GET and DELETE /v1/me/api_keys/{id}, POST
/// /v1/me/api_keys/{id}:rotate, GET and PATCH /v1/admin/api_keys/{id}.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::keys
