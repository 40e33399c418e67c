#pragma once

namespace acme {
class Metrics;
}

namespace acme::http {
class Router;
}

namespace acme::accounts {
class SignUps;
}

namespace acme::factors {
class Factors;
class Passkeys;
}  // namespace acme::factors

namespace acme::sessions {

class Sessions;
class Tries;

/// What making one's own account takes.
struct Entrance {
    accounts::SignUps& sign_ups;
    Sessions& sessions;
    Tries& tries;
    Metrics& metrics;
    factors::Factors& factors;
    factors::Passkeys& passkeys;
};

/// GET /v1/auth/options, POST /v1/auth/signup, /email/verify, /password/forgot, /password/reset.
/// `entrance` outlives the router.
void add_sign_up_routes(http::Router& router, Entrance& entrance);

}  // namespace acme::sessions
