#include "platform/tokens/service_accounts.hpp"

#include "base/one_line.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/service_account_rows.hpp"

namespace acme::tokens {
namespace {

constexpr pg::Query insert_account{"tokens.insert_account", R"sql(
    INSERT INTO service_accounts (id, org_id, name, org_role, platform_role, scopes, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query count_accounts{"tokens.count_accounts", R"sql(
    SELECT count(*) FROM service_accounts WHERE org_id = $1 AND disabled_at IS NULL
)sql"};

constexpr pg::Query list_accounts{"tokens.list_accounts", R"sql(
    SELECT id, org_id, name, org_role, platform_role, scopes, created_at, disabled_at, version,
           tokens_since
    FROM service_accounts
    WHERE org_id = $1 AND id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    ORDER BY id DESC LIMIT $3
)sql"};

// The id is all that is known, so the organization is what is asked for.
constexpr pg::Query find_any_account{"tokens.find_any_account", R"sql(
    SELECT id, org_id, name, org_role, platform_role, scopes, created_at, disabled_at, version,
           tokens_since
    FROM service_accounts WHERE id = $1
)sql"};

constexpr pg::Query find_account{"tokens.find_account", R"sql(
    SELECT id, org_id, name, org_role, platform_role, scopes, created_at, disabled_at, version,
           tokens_since
    FROM service_accounts WHERE org_id = $1 AND id = $2
)sql"};

constexpr pg::Query update_account{"tokens.update_account", R"sql(
    UPDATE service_accounts SET name = $4, scopes = $5, org_role = $6, disabled_at = $7,
        tokens_since = $8, version = version + 1
    WHERE org_id = $1 AND id = $2 AND version = $3
    RETURNING id, org_id, name, org_role, platform_role, scopes, created_at, disabled_at, version,
           tokens_since
)sql"};

constexpr pg::Query delete_credentials{"tokens.delete_credentials", R"sql(
    DELETE FROM service_account_credentials WHERE org_id = $1 AND account_id = $2
)sql"};

constexpr pg::Query delete_account{"tokens.delete_account", R"sql(
    DELETE FROM service_accounts WHERE org_id = $1 AND id = $2 RETURNING name
)sql"};

template <class Role>
std::optional<Role> role_of(std::string_view text, std::initializer_list<Role> roles) {
    for (const Role role : roles) {
        if (name_of(role) == text) return role;
    }
    return std::nullopt;
}

bool is_name(std::string_view name) {
    return is_one_line(name) && !name.empty() && chars_in(name) <= name_chars_max;
}

void add_name_problem(std::string_view name, std::vector<FieldError>& problems) {
    if (is_name(name)) return;
    problems.push_back({"/name", "tokens.name_malformed", "must be one line of 1 to 120 characters"}
    );
}

void add_scope_problems(const std::vector<std::string>& scopes, std::vector<FieldError>& problems) {
    keys::add_scope_problems(scopes, problems);
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        if (!scopes[i].starts_with("me:")) continue;
        problems.push_back(
            {"/scopes/" + std::to_string(i), "keys.scope_unknown", "must be of no person"}
        );
    }
}

Result<> check(std::vector<FieldError> problems) {
    if (problems.empty()) return {};
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "tokens.account_invalid",
        .message = "A service account cannot be so.",
        .fields = std::move(problems),
    });
}

std::string_view role_text(const ServiceAccount& account) {
    return account.platform_role ? name_of(*account.platform_role) : "";
}

std::string rights_json(const ServiceAccount& account) {
    return audit::json_of(
        {{"name", account.name},
         {"scopes", account.scopes},
         {"org_role", name_of(account.org_role)},
         {"platform_role", role_text(account)},
         {"state", account.disabled_at ? "disabled" : "active"}}
    );
}

/// The account as it is to be. One that is disabled ends what was given until then: the next
/// second is the first whose tokens are good again, for theirs are whole ones.
ServiceAccount changed(ServiceAccount account, AccountChange change, WallTime now) {
    if (change.name) account.name = *std::move(change.name);
    if (change.scopes) account.scopes = keys::joined(*std::move(change.scopes));
    if (change.org_role) account.org_role = *change.org_role;
    if (change.is_disabled && *change.is_disabled != account.disabled_at.has_value()) {
        account.disabled_at = *change.is_disabled ? std::optional(now) : std::nullopt;
        if (*change.is_disabled) {
            account.tokens_since =
                std::chrono::floor<std::chrono::seconds>(now) + std::chrono::seconds(1);
        }
    }
    return account;
}

}  // namespace

std::unexpected<Error> no_account() {
    return refuse(ErrorKind::not_found, "tokens.no_account", "There is no such service account.");
}

ServiceAccount read_account(pg::Row row) {
    ServiceAccount account{.id = row.id<UserId>(), .org = row.id<OrgId>(), .name = row.text()};
    account.org_role =
        role_of(row.text(), {OrgRole::member, OrgRole::admin}).value_or(OrgRole::member);
    account.platform_role = role_of(
        row.text_or_null().value_or(""),
        {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}
    );
    account.scopes = row.text();
    account.created_at = row.time();
    account.disabled_at = row.time_or_null();
    account.version = row.integer();
    account.tokens_since = row.time();
    return account;
}

/// For one more account that is not disabled.
Task<Result<>> ServiceAccounts::check_room(
    pg::Transaction& transaction, trace::Context context, OrgId org
) {
    co_await transaction.run(context, lock_org, org);
    const auto count = co_await transaction.run(context, count_accounts, org);
    if (count[0].integer() < accounts_max) co_return done;
    co_return refuse(
        ErrorKind::conflict, "tokens.too_many_accounts", "There are 100 already. Disable one."
    );
}

Task<Result<ServiceAccount>> ServiceAccounts::create(
    trace::Context context, audit::Actor actor, OrgId org, NewAccount wanted
) {
    auto transaction = co_await db_.begin(context);
    auto made =
        ACME_TRY(co_await create(transaction, context, std::move(actor), org, std::move(wanted)));
    co_await transaction.commit(context);
    co_return made;
}

Task<Result<ServiceAccount>> ServiceAccounts::create(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    NewAccount wanted
) {
    std::vector<FieldError> problems;
    add_name_problem(wanted.name, problems);
    add_scope_problems(wanted.scopes, problems);
    ACME_TRY(check(std::move(problems)));
    ACME_TRY(co_await check_room(transaction, context, org));
    const WallTime now = telemetry_.clock.now();
    ServiceAccount account{
        .id = UserId::make(now, telemetry_.random),
        .org = org,
        .name = std::move(wanted.name),
        .org_role = wanted.org_role,
        .platform_role = wanted.platform_role,
        .scopes = keys::joined(std::move(wanted.scopes)),
        .created_at = now,
    };
    const std::string platform_role(role_text(account));
    co_await transaction.run(
        context,
        insert_account,
        account.id,
        org,
        account.name,
        name_of(account.org_role),
        platform_role.empty() ? pg::Param() : pg::Param(platform_role),
        account.scopes,
        now
    );
    audit::Entry entry{
        .action = "service_accounts.create",
        .target = account.id.str(),
        .after = rights_json(account),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return account;
}

Task<std::vector<ServiceAccount>> ServiceAccounts::list(
    trace::Context context, OrgId org, std::optional<UserId> before, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_accounts, org, before, limit);
    std::vector<ServiceAccount> accounts;
    for (int i = 0; i < rows.size(); ++i) accounts.push_back(read_account(rows[i]));
    co_return accounts;
}

Task<Result<ServiceAccount>> ServiceAccounts::find(trace::Context context, UserId id) {
    const auto rows = co_await db_.run(context, find_any_account, id);
    if (rows.empty()) co_return no_account();
    co_return read_account(rows[0]);
}

Task<Result<ServiceAccount>> ServiceAccounts::find(trace::Context context, OrgId org, UserId id) {
    const auto rows = co_await db_.run(context, find_account, org, id);
    if (rows.empty()) co_return no_account();
    co_return read_account(rows[0]);
}

Task<Result<ServiceAccount>> ServiceAccounts::change(
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    UserId id,
    std::int64_t version,
    AccountChange change
) {
    std::vector<FieldError> problems;
    if (change.name) add_name_problem(*change.name, problems);
    if (change.scopes) add_scope_problems(*change.scopes, problems);
    ACME_TRY(check(std::move(problems)));
    const ServiceAccount before = ACME_TRY(co_await find(context, org, id));
    const ServiceAccount wanted = changed(before, std::move(change), telemetry_.clock.now());
    auto transaction = co_await db_.begin(context);
    if (before.disabled_at && !wanted.disabled_at) {
        ACME_TRY(co_await check_room(transaction, context, org));
    }
    const auto rows = co_await transaction.run(
        context,
        update_account,
        org,
        id,
        version,
        wanted.name,
        wanted.scopes,
        name_of(wanted.org_role),
        wanted.disabled_at,
        wanted.tokens_since
    );
    if (rows.empty() || before.version != version) {
        co_return refuse(
            ErrorKind::conflict, "http.precondition_failed", "It has changed: read it again."
        );
    }
    const ServiceAccount after = read_account(rows[0]);
    audit::Entry entry{
        .action = "service_accounts.change",
        .target = id.str(),
        .before = rights_json(before),
        .after = rights_json(after),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<>> ServiceAccounts::remove(
    trace::Context context, audit::Actor actor, OrgId org, UserId id
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_org, org);
    co_await transaction.run(context, delete_credentials, org, id);
    const auto rows = co_await transaction.run(context, delete_account, org, id);
    if (rows.empty()) co_return no_account();
    audit::Entry entry{
        .action = "service_accounts.delete",
        .target = id.str(),
        .before = audit::json_of({{"name", rows[0].text()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

}  // namespace acme::tokens
