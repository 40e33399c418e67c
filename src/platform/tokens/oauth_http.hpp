#pragma once

#include "platform/tokens/oauth_calls.hpp"

namespace acme::keys {
class Keys;
}

namespace acme::tokens {

class ServiceAccounts;
class SigningKeys;
class Tokens;

/// What the routes take. Outlives the router.
struct Routes {
    Tokens& tokens;
    ServiceAccounts& accounts;
    SigningKeys& keys;
    keys::Keys& api_keys;
    DeviceRoutes devices;
    const Networks& trusted_proxies;  // see http::client_address()
};

/// POST /oauth/token, /oauth/revoke, /oauth/introspect, GET /.well-known/jwks.json and
/// /.well-known/oauth-authorization-server; and those of add_device_routes(). Their refusals have
/// OAuth's form, for their callers are libraries that others wrote. Sources: RFC 6749, 7009, 7662,
/// 7517, 8414, 8628.
void add_routes(http::Router& router, Routes room);

}  // namespace acme::tokens
