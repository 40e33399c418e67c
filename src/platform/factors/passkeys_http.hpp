#pragma once

namespace acme::http {
class Router;
}

namespace acme::factors {

class Passkeys;
struct Routes;

/// GET and POST /v1/me/mfa/webauthn, POST /v1/me/mfa/webauthn/options, GET, PATCH and DELETE
/// /v1/me/mfa/webauthn/{id}. What changes how somebody signs in asks for a recent proof. All
/// outlive the router.
void add_passkey_routes(http::Router& router, const Routes& room, Passkeys& passkeys);

}  // namespace acme::factors
