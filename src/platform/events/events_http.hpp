#pragma once

#include "platform/events/hub.hpp"

namespace acme::events {

/// GET /v1/events. `hub` outlives the server's sessions.
void add_routes(http::Router& router, Hub& hub);

}  // namespace acme::events
