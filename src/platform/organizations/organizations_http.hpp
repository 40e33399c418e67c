#pragma once

namespace acme {
class Metrics;
}

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::idempotency {
class Idempotency;
}

namespace acme::accounts {
class Accounts;
class Memberships;
}  // namespace acme::accounts

namespace acme::sessions {
class Sessions;
class Tries;
}  // namespace acme::sessions

namespace acme::organizations {

class Invitations;

/// What the routes take. Outlives the router.
struct Room {
    accounts::Accounts& accounts;
    accounts::Memberships& memberships;
    Invitations& invitations;
    sessions::Sessions& sessions;
    sessions::Tries& tries;
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    Metrics& metrics;
};

/// All of them.
void add_routes(http::Router& router, Room& room);

/// GET and POST /v1/orgs, POST /v1/orgs/{id}:switch.
void add_own_routes(http::Router& router, Room& room);

/// GET /v1/orgs/{org}/members; GET, PATCH and DELETE /v1/orgs/{org}/members/{id}.
void add_member_routes(http::Router& router, Room& room);

/// GET and POST /v1/orgs/{org}/invitations, POST …/{id}:resend, DELETE …/{id}.
void add_invitation_routes(http::Router& router, Room& room);

/// POST /v1/auth/invitation/show and /accept.
void add_acceptance_routes(http::Router& router, Room& room);

}  // namespace acme::organizations
