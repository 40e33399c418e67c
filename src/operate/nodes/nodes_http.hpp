#pragma once

#include "operate/nodes/nodes.hpp"
#include "platform/events/hub.hpp"

namespace acme::http {
class Router;
}

namespace acme::nodes {

/// GET /v1/nodes, for readers with a role on the platform. `nodes` outlives the router.
void add_routes(http::Router& router, Nodes& nodes);

/// The live topic "nodes": the same, every second. `nodes` outlives the hub.
void add_live(events::Hub& hub, Nodes& nodes);

}  // namespace acme::nodes
