#pragma once

#include "base/networks.hpp"
#include "io/http/router.hpp"
#include "platform/flag_feed/ground.hpp"
#include "platform/flags/flags.hpp"

namespace acme::unleash {

/// All outlive the routes.
struct Routes {
    flag_feed::Ground& ground;
    flags::Flags& flags;
    const Clock& clock;
    const Networks& trusted_proxies;
};

/// What Unleash's SDKs call, for the node's own environment: /api/client/… for those that evaluate
/// by themselves, /api/frontend for those that ask. Only where an operator wants it: without it
/// there is no route.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::unleash
