#include "platform/accounts/crowd.hpp"

#include "io/pg/database.hpp"

namespace acme::accounts {
namespace {

// The organizations are what is asked for.
constexpr pg::Query list_newest{"accounts.newest", R"sql(
    SELECT u.id, m.org_id
    FROM users u
    CROSS JOIN LATERAL (
        SELECT org_id FROM memberships WHERE user_id = u.id ORDER BY created_at, org_id LIMIT 1
    ) m
    WHERE u.state = 'active'
    ORDER BY u.id DESC LIMIT $1
)sql"};

}  // namespace

Task<std::vector<UserInOrganization>> newest_users(
    pg::Database& db, trace::Context context, int limit
) {
    const auto rows = co_await db.run(context, list_newest, limit);
    std::vector<UserInOrganization> users;
    users.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto user = row.id<UserId>();
        users.push_back({.user = user, .org = row.id<OrgId>()});
    }
    co_return users;
}

}  // namespace acme::accounts
