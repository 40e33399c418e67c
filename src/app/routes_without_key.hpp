#pragma once

/// For tests: each POST that takes no Idempotency-Key, and why it needs none.

#include <map>
#include <string>
#include <string_view>

namespace acme::app {

using RoutesWithoutKey = std::map<std::string, std::string_view>;

/// With those whose form others laid down.
inline RoutesWithoutKey with_foreign(RoutesWithoutKey routes) {
    routes.merge(RoutesWithoutKey{
        {"POST /api/client/register", "it changes nothing"},
        {"POST /api/client/metrics", "SDKs of Unleash send none, and it is counted, not kept"},
        {"POST /api/frontend", "it changes nothing"},
        {"POST /ofrep/v1/evaluate/flags", "it changes nothing"},
        {"POST /ofrep/v1/evaluate/flags/{key}", "it changes nothing"},
        {"POST /api/frontend/client/register", "it changes nothing"},
        {"POST /api/frontend/client/metrics",
         "SDKs of Unleash send none, and it is counted, not kept"},
    });
    return routes;
}

inline const RoutesWithoutKey& routes_without_key() {
    static const RoutesWithoutKey routes = with_foreign({
        {"POST /v1/auth/login", "nobody is signed in yet to whom a key could belong"},
        {"POST /v1/auth/link", "nobody is signed in yet, and a link works once anyway"},
        {"POST /v1/auth/signup", "nobody is signed in yet to whom a key could belong"},
        {"POST /v1/auth/email/verify", "nobody is signed in yet, and a proof works once anyway"},
        {"POST /v1/auth/password/forgot", "nobody is signed in to whom a key could belong"},
        {"POST /v1/auth/password/reset", "nobody is signed in, and a proof works once anyway"},
        {"POST /v1/auth/logout", "twice is the same as once"},
        {"POST /v1/auth/logout_all", "twice is the same as once"},
        {"POST /v1/auth/password/change", "twice is the same as once"},
        {"POST /v1/admin/users/{id}/link", "its answer is a secret, of which no copy may be kept"},
        {"POST /v1/orgs/{org}/service_accounts/{id}/keys",
         "its answer may be a secret, of which no copy may be kept"},
        {"POST /v1/admin/users/{id}:revoke_sessions", "twice is the same as once"},
        {"POST /v1/admin/signing_keys:rotate",
         "the second is refused while the first one's key waits, and dropping twice ends no more"},
        {"POST /v1/auth/mfa/verify", "nobody is signed in yet, and a code works once anyway"},
        {"POST /v1/auth/webauthn/options", "it changes nothing"},
        {"POST /v1/auth/webauthn/verify", "nobody is signed in, and an answer works once anyway"},
        {"POST /v1/me/mfa/webauthn", "its answer is a secret, and a credential is taken once anyway"
        },
        {"POST /v1/me/mfa/webauthn/options", "it changes nothing"},
        {"POST /v1/me/mfa/totp", "its answer is a secret, of which no copy may be kept"},
        {"POST /v1/me/mfa/totp/confirm", "its answer is a secret, and it happens once anyway"},
        {"POST /v1/me/mfa/recovery_codes", "its answer is a secret, of which no copy may be kept"},
        {"POST /v1/me/api_keys", "its answer is a secret, of which no copy may be kept"},
        {"POST /v1/me/api_keys/{id}:rotate", "its answer is a secret, and it happens once anyway"},
        {"POST /oauth/device_authorization", "a second code harms nobody, and ends by itself"},
        {"POST /v1/auth/device/show", "it changes nothing"},
        {"POST /v1/auth/device/approve", "a code is decided once anyway"},
        {"POST /v1/auth/device/deny", "a code is decided once anyway"},
        {"POST /v1/files/{id}/links", "its answer is a right, and one too many harms nobody"},
        {"POST /v1/uploads/direct/{id}:complete", "twice is the same as once"},
        {"POST /oauth/token", "a second token harms nobody, and each ends by itself"},
        {"POST /oauth/revoke", "twice is the same as once"},
        {"POST /oauth/introspect", "it changes nothing"},
        {"POST /v1/auth/invitation/show", "it changes nothing"},
        {"POST /v1/auth/invitation/accept", "nobody need be signed in, and it works once anyway"},
        {"POST /v1/orgs/{id}:switch", "its answer carries a cookie, of which no copy may be kept"},
        {"POST /v1/uploads/{id}", "it goes on at an offset, or ends what is ended once"},
        {"POST /v1/me/identities", "its answer carries a cookie, of which no copy may be kept"},
        {"POST /v1/webhooks/{id}:rotate_secret", "its answer is a secret; a second is refused"},
        {"POST /v1/pull", "what its answer brought and was lost is given out again"},
        {"POST /v1/leases/{lease}:ack", "what a job has become it becomes once"},
        {"POST /v1/leases/{lease}:extend", "twice is the same as once"},
        {"POST /v1/leases/{lease}:close", "twice is the same as once"},
        {"POST /v1/leases/{lease}:signal", "twice is the same as once"},
        {"POST /v1/schedules:preview", "it changes nothing"},
        {"POST /v1/schedules/{schedule}:pause", "twice is the same as once"},
        {"POST /v1/schedules/{schedule}:resume", "twice is the same as once"},
        {"POST /v1/platform/schedules/{schedule}:pause", "twice is the same as once"},
        {"POST /v1/platform/schedules/{schedule}:resume", "twice is the same as once"},
        {"POST /v1/admin/flags/{flag}:archive", "twice is the same as once"},
        {"POST /v1/admin/flags/{flag}:restore", "twice is the same as once"},
        {"POST /v1/admin/flags/{flag}/environments/{environment}:kill", "twice is the same as once"
        },
        {"POST /v1/admin/flags/{flag}/environments/{environment}:enable",
         "twice is the same as once"},
        {"POST /v1/admin/flags/{flag}/environments/{environment}:preview", "it changes nothing"},
        {"POST /v1/admin/flags/{flag}/environments/{environment}:impact", "it changes nothing"},
        {"POST /v1/admin/flags/{flag}/history/{change}:undo",
         "it names the version that it undoes, which is another one then"},
        {"POST /v1/admin/flags:import", "twice is the same as once"},
        {"POST /v1/admin/segments/{segment}/members:batch", "twice is the same as once"},
        {"POST /v1/flags/exposures", "twice is the same as once"},
        {"POST /v1/pings", "one ping too many harms nobody, and the next hour removes it"},
    });
    return routes;
}

}  // namespace acme::app
