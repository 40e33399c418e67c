#pragma once

#include "base/identity.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <functional>

namespace acme {
class Networks;
}

namespace acme::accounts {
class Accounts;
}

namespace acme::http {
class Router;
}

namespace acme::factors {

class Factors;

/// Whether who calls proved lately who they are: sessions::Sessions::check_recent().
using Recent = std::function<Task<Result<>>(trace::Context, Identity)>;

/// What the routes take. All outlive the router.
struct Routes {
    Factors& factors;
    accounts::Accounts& accounts;
    Recent check_recent;
    const Networks& trusted_proxies;  // see http::client_address()
};

/// GET /v1/me/mfa, POST and DELETE /v1/me/mfa/totp, POST /v1/me/mfa/totp/confirm, POST
/// /v1/me/mfa/recovery_codes. What changes something asks for a recent proof.
void add_routes(http::Router& router, const Routes& room);

}  // namespace acme::factors
