#include "app/lists.hpp"
#include "app/platform.hpp"
#include "platform/events/events_http.hpp"

namespace acme::app {

void add_routes(http::Router& router, Platform& platform) {
    events::add_routes(router, platform.hub);
}

}  // namespace acme::app
