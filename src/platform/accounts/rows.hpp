#pragma once

/// Rows of the room's tables as values. Private to platform/accounts.

#include "io/pg/query.hpp"
#include "platform/accounts/accounts.hpp"

namespace acme::accounts {

/// id, email, name, state, platform_role, version, created_at.
User read_user(pg::Row row);

std::optional<PlatformRole> parse_platform_role(std::string_view text);
OrgRole parse_org_role(std::string_view text);

inline pg::Param role_param(std::optional<PlatformRole> role) {
    return role ? pg::to_param(name_of(*role)) : std::nullopt;
}

inline constexpr pg::Query insert_org{"accounts.insert_org", R"sql(
    INSERT INTO orgs (id, name, created_at) VALUES ($1, $2, $3)
)sql"};

inline constexpr pg::Query insert_membership{"accounts.insert_membership", R"sql(
    INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
)sql"};

/// One line of 1 to name_chars_max characters, not all of them blanks.
bool is_name(std::string_view name);

/// One lock for what must not happen twice at once: the first and the last administrator.
inline constexpr pg::Query lock_administrators{"accounts.lock_administrators", R"sql(
    SELECT true FROM pg_advisory_xact_lock(7002)
)sql"};

std::unexpected<Error> no_such_user();

/// Tells those who operate the platform that the list of users has changed.
Task<> tell(
    pg::Transaction& transaction, trace::Context context, UserId user, std::string_view verb
);

}  // namespace acme::accounts
