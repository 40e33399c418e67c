#pragma once

/// Rows of service accounts as values. Private to platform/tokens.

#include "io/pg/query.hpp"
#include "platform/tokens/service_accounts.hpp"

namespace acme::tokens {

/// id, org_id, name, org_role, platform_role, scopes, created_at, disabled_at, version,
/// tokens_since.
ServiceAccount read_account(pg::Row row);

/// Held while accounts and credentials of an organization are counted and added.
inline constexpr pg::Query lock_org{"tokens.lock_org", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('service_accounts ' || $1::uuid::text, 0))
)sql"};

std::unexpected<Error> no_account();

}  // namespace acme::tokens
