#pragma once

#include "operate/deploy/deploy_http.hpp"

namespace acme::deploy {

/// POST /v1/deployments, /v1/deployments/{id}:hold|resume|promote|abort and /v1/rollbacks, for
/// operators. Nothing is carried out here: what is asked for waits in the table for the controller
/// that is always there (Takeover).
void add_asking_routes(http::Router& router, std::shared_ptr<HttpParts> parts);

}  // namespace acme::deploy
