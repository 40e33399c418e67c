// What changes users that are there: each raises the version, and with it the age of every copy.
#include "io/pg/database.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/rows.hpp"

namespace acme::accounts {
namespace {

constexpr pg::Query rename_user{"accounts.rename", R"sql(
    UPDATE users SET name = $3, version = version + 1, updated_at = $4
    WHERE id = $1 AND version = $2
    RETURNING id, email, name, state, platform_role, version, created_at
)sql"};

// A user who was disabled has no session left, and none comes back with the state.
constexpr pg::Query administer_user{"accounts.administer", R"sql(
    UPDATE users SET state = $3, platform_role = $4, version = version + 1, updated_at = $5,
        token_epoch = token_epoch + CASE WHEN state <> $3 THEN 1 ELSE 0 END
    WHERE id = $1 AND version = $2
    RETURNING id, email, name, state, platform_role, version, created_at
)sql"};

constexpr pg::Query lock_user{"accounts.lock", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at
    FROM users WHERE id = $1 FOR UPDATE
)sql"};

constexpr pg::Query count_other_administrators{"accounts.count_administrators", R"sql(
    SELECT count(*) FROM users WHERE platform_role = 'admin' AND state = 'active' AND id <> $1
)sql"};

constexpr pg::Query list_administrators{"accounts.administrators", R"sql(
    SELECT id FROM users WHERE platform_role = 'admin' ORDER BY created_at LIMIT 100
)sql"};

constexpr pg::Query first_administrator{"accounts.first_administrator", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at
    FROM users WHERE platform_role = 'admin' AND state = 'active' ORDER BY id LIMIT 1
)sql"};

constexpr pg::Query raise_epoch{"accounts.raise_epoch", R"sql(
    UPDATE users SET token_epoch = token_epoch + 1, version = version + 1, updated_at = $2
    WHERE id = $1 RETURNING token_epoch
)sql"};

constexpr pg::Query list_changed{"accounts.changed_since", R"sql(
    SELECT id, version, updated_at FROM users
    WHERE (updated_at, id) > ($1, coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
    ORDER BY updated_at, id LIMIT $3
)sql"};

constexpr pg::Query find_version{"accounts.version", R"sql(
    SELECT version FROM users WHERE id = $1
)sql"};

std::unexpected<Error> changed_meanwhile() {
    return refuse(
        ErrorKind::conflict, "http.precondition_failed", "It has changed: read it again."
    );
}

std::string_view role_text(std::optional<PlatformRole> role) {
    return role ? name_of(*role) : "none";
}

std::string rights_json(const User& user) {
    return audit::json_of(
        {{"state", name_of(user.state)}, {"platform_role", role_text(user.platform_role)}}
    );
}

}  // namespace

Task<Result<User>> Accounts::rename(
    trace::Context context, audit::Actor actor, UserId id, std::int64_t version, std::string name
) {
    const NewUser wanted{.email = "nobody@localhost", .name = name};
    if (auto problems = problems_of(wanted); !problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "accounts.invalid",
            .message = "The name cannot be taken.",
            .fields = std::move(problems),
        });
    }
    auto transaction = co_await db_.begin(context);
    const auto before = co_await transaction.run(context, lock_user, id);
    if (before.empty()) co_return no_such_user();
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await transaction.run(context, rename_user, id, version, name, now);
    if (rows.empty()) co_return changed_meanwhile();
    audit::Entry entry{
        .action = "accounts.rename",
        .target = id.str(),
        .before = audit::json_of({{"name", read_user(before[0]).name}}),
        .after = audit::json_of({{"name", name}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, id, "updated");
    co_await transaction.commit(context);
    User user = read_user(rows[0]);
    if (changed_) co_await changed_(context, id, user.version);
    co_return user;
}

Task<Result<User>> Accounts::administer(
    trace::Context context, audit::Actor actor, UserId id, std::int64_t version, Change change
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_administrators);
    const auto found = co_await transaction.run(context, lock_user, id);
    if (found.empty()) co_return no_such_user();
    const User before = read_user(found[0]);
    User wanted = before;
    wanted.state = change.state.value_or(before.state);
    wanted.platform_role = change.platform_role.value_or(before.platform_role);

    const auto rules = [](const User& user) {
        return user.state == State::active && user.platform_role == PlatformRole::admin;
    };
    if (rules(before) && !rules(wanted)) {
        const auto others = co_await transaction.run(context, count_other_administrators, id);
        if (others[0].integer() == 0) {
            co_return refuse(
                ErrorKind::conflict,
                "accounts.last_administrator",
                "The platform would be left without an administrator."
            );
        }
    }
    const auto rows = co_await transaction.run(
        context,
        administer_user,
        id,
        version,
        name_of(wanted.state),
        role_param(wanted.platform_role),
        telemetry_.clock.now()
    );
    if (rows.empty()) co_return changed_meanwhile();
    const User after = read_user(rows[0]);
    audit::Entry entry{
        .action = "accounts.administer",
        .target = id.str(),
        .before = rights_json(before),
        .after = rights_json(after),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, id, "updated");
    co_await transaction.commit(context);
    if (changed_) co_await changed_(context, id, after.version);
    co_return after;
}

Task<std::vector<Accounts::Stale>> Accounts::changed_since(
    trace::Context context, WallTime since, std::optional<UserId> after, int limit
) {
    const auto rows = co_await db_.run(context, list_changed, since, after, limit);
    std::vector<Stale> stale;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        stale.push_back({.user = row.id<UserId>(), .version = row.integer(), .at = row.time()});
    }
    co_return stale;
}

Task<std::int64_t> Accounts::end_sessions(
    pg::Transaction& transaction, trace::Context context, UserId id
) {
    const auto rows = co_await transaction.run(context, raise_epoch, id, telemetry_.clock.now());
    if (rows.empty()) throw pg::Fault("accounts.raise_epoch: the user is gone");
    co_return rows[0].integer();
}

Task<> Accounts::announce(trace::Context context, UserId id) {
    const auto rows = co_await db_.run(context, find_version, id);
    if (!rows.empty() && changed_) co_await changed_(context, id, rows[0].integer());
}

Task<Result<Accounts::Administrator>> Accounts::ensure_administrator(
    trace::Context context, std::string email
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_administrators);
    const auto rows = co_await transaction.run(context, first_administrator);
    if (!rows.empty()) co_return Administrator{.user = read_user(rows[0]), .made = false};
    NewUser user{
        .email = std::move(email), .name = "Administrator", .platform_role = PlatformRole::admin
    };
    const User made =
        ACME_TRY(co_await create(transaction, context, {.name = "system"}, std::move(user)));
    co_await transaction.commit(context);
    co_return Administrator{.user = made, .made = true};
}

Task<bool> Accounts::has_administrator_signed_in(trace::Context context) {
    const auto rows = co_await db_.run(context, list_administrators);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const std::string id = row.id<UserId>().str();
        if (co_await audit::has_done(db_, context, id, "sessions.begin")) co_return true;
    }
    co_return false;
}

}  // namespace acme::accounts
