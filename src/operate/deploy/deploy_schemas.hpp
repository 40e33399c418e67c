#pragma once

/// What the routes of deployments, releases and the fleet answer, for OpenAPI.

namespace acme::http {
class Router;
}

namespace acme::deploy {

void add_schemas(http::Router& router);

}  // namespace acme::deploy
