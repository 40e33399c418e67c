#pragma once

/// What the handlers of this room have in common. Private to platform/organizations.

#include "io/http/router.hpp"
#include "platform/accounts/memberships.hpp"
#include "platform/organizations/organizations_http.hpp"

namespace acme::organizations {

/// Names, addresses and passwords; JSON may spend six bytes on a character.
inline constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

accounts::Doer doer_of(const Room& room, const http::Call& call);

/// That `{org}`, the first of the path, is the organization of the session. Errors:
/// organizations.not_found (not_found).
Result<> check_org(const http::Call& call);

}  // namespace acme::organizations
