#pragma once

#include "io/http/router.hpp"

namespace acme {
class Networks;
}

namespace acme::accounts {
class Accounts;
}

namespace acme::http {
class Cursors;
}

namespace acme::idempotency {
class Idempotency;
}

namespace acme::audit {
struct Actor;
}

namespace acme::tokens {

struct ServiceAccount;
class ServiceAccounts;
class SigningKeys;

/// What the routes take. Outlives the router.
struct Machines {
    ServiceAccounts& services;
    accounts::Accounts& accounts;  // whose transactions the first answer is kept in
    idempotency::Idempotency& idempotency;
    const http::Cursors& cursors;
    const Networks& trusted_proxies;  // see http::client_address()
};

/// GET and POST /v1/orgs/{org}/service_accounts; GET, PATCH and DELETE …/{id}; and those of
/// add_service_account_key_routes().
void add_service_account_routes(http::Router& router, Machines room);

/// GET and POST /v1/orgs/{org}/service_accounts/{id}/keys, DELETE …/keys/{key}.
void add_service_account_key_routes(http::Router& router, Machines room);

/// GET /v1/admin/signing_keys, POST /v1/admin/signing_keys:rotate.
void add_signing_key_routes(
    http::Router& router, SigningKeys& keys, const Networks& trusted_proxies
);

// What the handlers have in common.

audit::Actor actor_of(const Machines& room, const http::Call& call);

/// That `{org}`, the first of the path, is the organization of the session. Errors:
/// organizations.not_found (not_found).
Result<> check_org(const http::Call& call);

/// The account that the path names. Errors: of check_org(), tokens.no_account.
Task<Result<ServiceAccount>> account_in(Machines room, const http::Call& call);

/// That the caller may change this account: one with a role on the platform is its administrators'
/// business, or the administrators of an organization could take that role for themselves. Errors:
/// access.role_required (forbidden).
Result<> check_may_change(const http::Call& call, const ServiceAccount& account);

}  // namespace acme::tokens
