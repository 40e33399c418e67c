#pragma once

#include "operate/deploy/deploy_http.hpp"

namespace acme::deploy {

/// GET /v1/releases, /v1/releases/current, /v1/releases/figures, /v1/fleet for viewers.
void add_release_routes(http::Router& router, std::shared_ptr<HttpParts> parts);

}  // namespace acme::deploy
