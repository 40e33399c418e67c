#include "platform/accounts/people.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/rows.hpp"

namespace acme::accounts {
namespace {

// No pattern: "%" and "_" are signs that somebody may look for.
constexpr pg::Query find_people{"accounts.people", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at
    FROM users
    WHERE ($1::uuid IS NULL OR id > $1)
      AND (position(lower($2) IN lower(name)) > 0 OR position(lower($2) IN lower(email)) > 0)
    ORDER BY id LIMIT $3
)sql"};

constexpr pg::Query find_among{"accounts.among", R"sql(
    SELECT id FROM users
    WHERE id = ANY ($1::text[]::uuid[])
      AND (position(lower($2) IN lower(name)) > 0 OR position(lower($2) IN lower(email)) > 0)
)sql"};

}  // namespace

Task<std::vector<User>> people_with(
    pg::Database& db,
    trace::Context context,
    std::string part,
    std::optional<UserId> after,
    std::int64_t limit
) {
    const auto rows = co_await db.run(context, find_people, after, to_storable(part), limit);
    std::vector<User> people;
    people.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) people.push_back(read_user(rows[i]));
    co_return people;
}

Task<std::vector<UserId>> those_with(
    pg::Database& db, trace::Context context, std::vector<UserId> among, std::string part
) {
    std::vector<std::string> uuids;
    for (const UserId& each : among) uuids.push_back(to_text(each.uuid));
    const auto rows = co_await db.run(context, find_among, uuids, to_storable(part));
    std::vector<UserId> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        found.push_back(row.id<UserId>());
    }
    co_return found;
}

}  // namespace acme::accounts
