#pragma once

#include "base/networks.hpp"
#include "io/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/uploads/direct.hpp"

namespace acme::uploads {

/// What the routes of direct uploads work with. Everything outlives the router's use.
struct DirectRoutes {
    Directs& directs;
    idempotency::Idempotency& idempotency;
    const Networks& trusted_proxies;
};

/// POST /v1/files/direct; GET and DELETE /v1/uploads/direct/{id}; GET …/parts; PUT …/parts/{n}, for
/// whoever has its address; POST /v1/uploads/direct/{id}:complete.
void add_direct_routes(http::Router& router, DirectRoutes room);

}  // namespace acme::uploads
