#pragma once

namespace acme {
class Metrics;
}

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::accounts {
class Links;
class Passwords;
}  // namespace acme::accounts

namespace acme::factors {
class Factors;
class Passkeys;
}  // namespace acme::factors

namespace acme::sessions {

class Sessions;
class Tries;

/// What signing in and out takes beside the sessions themselves.
struct Auth {
    Sessions& sessions;
    accounts::Passwords& passwords;
    accounts::Links& links;
    Tries& tries;
    factors::Factors& factors;
    factors::Passkeys& passkeys;
};

/// GET /v1/me/sessions, DELETE /v1/me/sessions/{id}, POST /v1/admin/users/{id}:revoke_sessions.
void add_routes(http::Router& router, Sessions& sessions, const http::Cursors& cursors);

/// POST /v1/auth/login, /link, /logout, /logout_all, /password/change. `auth` outlives the router.
void add_auth_routes(http::Router& router, Auth& auth, Metrics& metrics);

/// POST /v1/auth/mfa/verify. `auth` outlives the router.
void add_mfa_routes(http::Router& router, Auth& auth, Metrics& metrics);

/// POST /v1/auth/webauthn/options, /verify. `auth` outlives the router.
void add_webauthn_routes(http::Router& router, Auth& auth, Metrics& metrics);

}  // namespace acme::sessions
