#pragma once

namespace acme {
class Networks;
}

namespace acme::idempotency {
class Idempotency;
}

namespace acme::pg {
class Database;
}

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::accounts {

class Accounts;
class Links;
class Passwords;

/// What the routes of administrators take. Outlives the router.
struct Administration {
    pg::Database& db;
    Accounts& accounts;
    Passwords& passwords;
    Links& links;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;  // see http::client_address()
};

/// GET and PATCH /v1/me. `trusted_proxies`: see http::client_address(). All outlive the router.
void add_routes(http::Router& router, Accounts& accounts, const Networks& trusted_proxies);

/// GET and POST /v1/admin/users, GET and PATCH /v1/admin/users/{id}, POST
/// /v1/admin/users/{id}/link.
void add_admin_routes(http::Router& router, Administration& administration);

}  // namespace acme::accounts
