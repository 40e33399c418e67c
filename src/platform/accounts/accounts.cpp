#include "platform/accounts/accounts.hpp"

#include "base/one_line.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/rows.hpp"
#include "platform/happenings/happenings.hpp"

namespace acme::accounts {
namespace {

constexpr pg::Query insert_user{"accounts.insert", R"sql(
    INSERT INTO users (id, email, email_norm, name, platform_role, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (email_norm) DO NOTHING
    RETURNING id, email, name, state, platform_role, version, created_at
)sql"};

constexpr pg::Query find_user{"accounts.find", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at FROM users WHERE id = $1
)sql"};

constexpr pg::Query find_user_by_email{"accounts.find_by_email", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at
    FROM users WHERE email_norm = $1
)sql"};

constexpr pg::Query list_users{"accounts.list", R"sql(
    SELECT id, email, name, state, platform_role, version, created_at
    FROM users WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
)sql"};

constexpr pg::Query find_org{"accounts.find_org", R"sql(
    SELECT o.id, o.name, m.role FROM memberships m JOIN orgs o ON o.id = m.org_id
    WHERE m.org_id = $1 AND m.user_id = $2
)sql"};

// The organizations are what is asked for.
constexpr pg::Query list_orgs_of{"accounts.list_orgs_of", R"sql(
    SELECT org_id FROM memberships WHERE user_id = $1
)sql"};

constexpr pg::Query mark_user_verified{"accounts.mark_verified", R"sql(
    UPDATE users SET email_verified_at = coalesce(email_verified_at, $2) WHERE id = $1
)sql"};

// The version of the users row covers memberships too: whoever changes one raises it.
constexpr pg::Query find_standing{"accounts.standing", R"sql(
    SELECT u.id, u.state, u.token_epoch, u.version, m.org_id, m.role, u.platform_role
    FROM users u
    CROSS JOIN LATERAL (
        SELECT org_id, role FROM memberships
        WHERE user_id = u.id AND ($2::uuid IS NULL OR org_id = $2)
        ORDER BY created_at, org_id LIMIT 1
    ) m
    WHERE u.id = $1
)sql"};

}  // namespace

bool is_name(std::string_view name) {
    const bool has_text = name.find_first_not_of(' ') != name.npos;
    return is_one_line(name) && has_text && chars_in(name) <= name_chars_max;
}

std::vector<FieldError> problems_of(const NewUser& user) {
    std::vector<FieldError> problems;
    if (!normalize_email(user.email)) {
        problems.push_back(
            {"/email", "accounts.email_malformed", "An address such as ada@example.com."}
        );
    }
    if (!is_name(user.name)) {
        problems.push_back({"/name", "accounts.name_malformed", "One line of 1 to 120 characters."}
        );
    }
    return problems;
}

Task<pg::Transaction> Accounts::begin(trace::Context context) { return db_.begin(context); }

Task<Result<User>> Accounts::create(trace::Context context, audit::Actor actor, NewUser user) {
    auto transaction = co_await db_.begin(context);
    const User made =
        ACME_TRY(co_await create(transaction, context, std::move(actor), std::move(user)));
    co_await transaction.commit(context);
    co_return made;
}

Task<Result<User>> Accounts::create(
    pg::Transaction& transaction, trace::Context context, audit::Actor actor, NewUser user
) {
    if (auto problems = problems_of(user); !problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "accounts.invalid",
            .message = "The user cannot be made like this.",
            .fields = std::move(problems),
        });
    }
    const WallTime now = telemetry_.clock.now();
    const auto id = UserId::make(now, telemetry_.random);
    const std::string email = *normalize_email(user.email);
    const auto rows = co_await transaction.run(
        context, insert_user, id, user.email, email, user.name, role_param(user.platform_role), now
    );
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "accounts.email_taken", "Another user has this address."
        );
    }
    const bool is_alone = !user.joins;
    const auto joins = user.joins.value_or(
        Joining{.org = OrgId::make(now, telemetry_.random), .role = OrgRole::owner}
    );
    if (is_alone) co_await transaction.run(context, insert_org, joins.org, user.name, now);
    co_await transaction.run(context, insert_membership, joins.org, id, name_of(joins.role), now);
    const auto role = user.platform_role ? name_of(*user.platform_role) : "none";
    audit::Entry entry{
        .action = "accounts.create",
        .target = id.str(),
        .after = audit::json_of({{"email", email}, {"name", user.name}, {"platform_role", role}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, id, "created");
    if (!is_alone) {
        std::string joined = audit::json_of({{"user", id.str()}, {"role", name_of(joins.role)}});
        co_await happenings::tell(
            transaction,
            context,
            telemetry_,
            {"member.joined", joins.org, id.str(), std::move(joined)}
        );
    }
    co_return read_user(rows[0]);
}

Task<Result<User>> Accounts::find(trace::Context context, UserId id) {
    const auto rows = co_await db_.run(context, find_user, id);
    if (rows.empty()) co_return no_such_user();
    co_return read_user(rows[0]);
}

Task<std::optional<User>> Accounts::find_by_email(trace::Context context, std::string email) {
    const auto normal = normalize_email(email);
    if (!normal) co_return std::nullopt;
    const auto rows = co_await db_.run(context, find_user_by_email, *normal);
    if (rows.empty()) co_return std::nullopt;
    co_return read_user(rows[0]);
}

Task<std::vector<User>> Accounts::list(
    trace::Context context, std::optional<UserId> after, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_users, after, limit);
    std::vector<User> users;
    users.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) users.push_back(read_user(rows[i]));
    co_return users;
}

Task<Result<Organization>> Accounts::organization_of(
    trace::Context context, OrgId org, UserId user
) {
    const auto rows = co_await db_.run(context, find_org, org, user);
    if (rows.empty()) co_return no_such_user();
    pg::Row row = rows[0];
    co_return Organization{
        .id = row.id<OrgId>(), .name = row.text(), .role = parse_org_role(row.text())
    };
}

Task<std::vector<OrgId>> Accounts::organization_ids_of(trace::Context context, UserId user) {
    const auto rows = co_await db_.run(context, list_orgs_of, user);
    std::vector<OrgId> orgs;
    for (int i = 0; i < rows.size(); ++i) orgs.push_back(rows[i].id<OrgId>());
    co_return orgs;
}

Task<std::optional<Standing>> Accounts::standing(
    trace::Context context, UserId id, std::optional<OrgId> org
) {
    const auto rows = co_await db_.run(context, find_standing, id, org);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    co_return Standing{
        .user = row.id<UserId>(),
        .state = row.text() == "active" ? State::active : State::disabled,
        .token_epoch = row.integer(),
        .version = row.integer(),
        .org = row.id<OrgId>(),
        .org_role = parse_org_role(row.text()),
        .platform_role = parse_platform_role(row.text_or_null().value_or("")),
    };
}

Task<> Accounts::mark_verified(pg::Transaction& transaction, trace::Context context, UserId id) {
    co_await transaction.run(context, mark_user_verified, id, telemetry_.clock.now());
}

}  // namespace acme::accounts
