#pragma once

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::pg {
class Database;
}

namespace acme::audit {

/// GET /v1/audit, of one actor, action, target, organization or time: everything for whoever has a
/// platform role, else what concerns the caller's organization, for its administrators.
void add_routes(http::Router& router, pg::Database& db, const http::Cursors& cursors);

}  // namespace acme::audit
