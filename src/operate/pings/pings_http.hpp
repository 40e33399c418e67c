#pragma once

#include "io/http/router.hpp"
#include "operate/pings/pings.hpp"

namespace acme::pings {

/// POST /v1/pings, GET and DELETE /v1/pings/{id}, for those who operate the platform.
void add_routes(http::Router& router, Pings& pings);

}  // namespace acme::pings
