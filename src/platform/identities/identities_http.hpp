#pragma once

namespace acme {
struct Telemetry;
}

namespace acme::accounts {
class Accounts;
}

namespace acme::factors {
class Factors;
}

namespace acme::http {
class Router;
}

namespace acme::sessions {
class Sessions;
class Tries;
}  // namespace acme::sessions

namespace acme::identities {

class Flights;
class Identities;
class Remote;

/// What signing in elsewhere takes.
struct Room {
    Identities& identities;
    Remote& remote;
    Flights& flights;
    accounts::Accounts& accounts;
    factors::Factors& factors;
    sessions::Sessions& sessions;
    sessions::Tries& tries;
    Telemetry& telemetry;
};

/// GET /v1/auth/oidc/providers, /v1/auth/oidc/{provider}/start and /callback; GET and POST
/// /v1/me/identities, DELETE /v1/me/identities/{id}. `room` outlives the router.
void add_routes(http::Router& router, Room& room);

/// Those of /v1/auth; add_routes() adds them too.
void add_flight_routes(http::Router& router, Room& room);

}  // namespace acme::identities
