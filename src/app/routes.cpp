#include "app/lists.hpp"
#include "app/platform.hpp"
#include "io/http/openapi.hpp"
#include "operate/nodes/nodes_http.hpp"
#include "platform/audit/audit_http.hpp"
#include "platform/events/events_http.hpp"
#include "platform/files/files_http.hpp"

namespace acme::app {

void add_routes(http::Router& router, Platform& platform) {
    accounts::add_routes(router, platform.accounts);
    accounts::add_admin_routes(router, platform.administration);
    sessions::add_auth_routes(router, platform.auth, platform.metrics);
    sessions::add_routes(router, platform.sessions, platform.cursors);
    files::add_routes(router, platform.files, platform.idempotency, platform.cursors);
    events::add_routes(router, platform.hub);
    nodes::add_routes(router, platform.nodes);
    nodes::add_live(platform.hub, platform.nodes);
    audit::add_routes(router, platform.db, platform.cursors);
    http::add_openapi(router, platform.config.release);
}

}  // namespace acme::app
