#include "platform/tokens/service_accounts.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/jwt.hpp"

#include <algorithm>

namespace acme::tokens {
namespace {

constexpr pg::Query insert_account{"tokens.insert_account", R"sql(
    INSERT INTO service_accounts (id, org_id, name, org_role, platform_role, scopes, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query lock_org{"tokens.lock_org", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('service_accounts ' || $1::uuid::text, 0))
)sql"};

constexpr pg::Query count_accounts{"tokens.count_accounts", R"sql(
    SELECT count(*) FROM service_accounts WHERE org_id = $1 AND disabled_at IS NULL
)sql"};

constexpr pg::Query list_accounts{"tokens.list_accounts", R"sql(
    SELECT id, org_id, name, org_role, platform_role, scopes, created_at FROM service_accounts
    WHERE org_id = $1 AND disabled_at IS NULL ORDER BY id DESC
)sql"};

// The id is all that is known, so the organization is what is asked for.
constexpr pg::Query find_account{"tokens.find_account", R"sql(
    SELECT id, org_id, name, org_role, platform_role, scopes, created_at FROM service_accounts
    WHERE id = $1 AND disabled_at IS NULL
)sql"};

constexpr pg::Query disable_account{"tokens.disable_account", R"sql(
    UPDATE service_accounts SET disabled_at = $3
    WHERE org_id = $1 AND id = $2 AND disabled_at IS NULL RETURNING id
)sql"};

constexpr pg::Query insert_credential{"tokens.insert_credential", R"sql(
    INSERT INTO service_account_credentials (id, org_id, account_id, secret_hash, public_jwk,
                                             created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

constexpr pg::Query count_credentials{"tokens.count_credentials", R"sql(
    SELECT count(*) FROM service_account_credentials
    WHERE org_id = $1 AND account_id = $2 AND (expires_at IS NULL OR expires_at > $3)
)sql"};

constexpr pg::Query end_secrets{"tokens.end_secrets", R"sql(
    UPDATE service_account_credentials SET expires_at = least(expires_at, $3)
    WHERE org_id = $1 AND account_id = $2 AND secret_hash IS NOT NULL
)sql"};

// Whoever presents it names no organization.
constexpr pg::Query find_by_secret{"tokens.find_by_secret", R"sql(
    SELECT a.id, a.org_id, a.name, a.org_role, a.platform_role, a.scopes, a.created_at
    FROM service_account_credentials c
    JOIN service_accounts a ON a.id = c.account_id AND a.org_id = c.org_id
    WHERE c.secret_hash = $1 AND a.id = $2 AND (c.expires_at IS NULL OR c.expires_at > $3)
      AND a.disabled_at IS NULL
)sql"};

constexpr pg::Query find_public_keys{"tokens.find_public_keys", R"sql(
    SELECT public_jwk FROM service_account_credentials
    WHERE account_id = $1 AND public_jwk IS NOT NULL AND (expires_at IS NULL OR expires_at > $2)
    ORDER BY id DESC
)sql"};

std::unexpected<Error> no_account() {
    return refuse(ErrorKind::not_found, "tokens.no_account", "There is no such service account.");
}

template <class Role>
std::optional<Role> role_of(std::string_view text, std::initializer_list<Role> roles) {
    for (const Role role : roles) {
        if (name_of(role) == text) return role;
    }
    return std::nullopt;
}

ServiceAccount account_in(pg::Row row) {
    ServiceAccount account{.id = row.id<UserId>(), .org = row.id<OrgId>(), .name = row.text()};
    account.org_role =
        role_of(row.text(), {OrgRole::member, OrgRole::admin}).value_or(OrgRole::member);
    account.platform_role = role_of(
        row.text_or_null().value_or(""),
        {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}
    );
    account.scopes = row.text();
    account.created_at = row.time();
    return account;
}

std::vector<FieldError> problems_of(const NewAccount& wanted) {
    std::vector<FieldError> problems;
    const bool is_line =
        std::ranges::none_of(wanted.name, [](char c) { return c >= '\0' && c < ' '; });
    if (!is_line || wanted.name.empty() || wanted.name.size() > name_chars_max) {
        problems.push_back(
            {"/name", "tokens.name_malformed", "must be one line of 1 to 120 characters"}
        );
    }
    keys::add_scope_problems(wanted.scopes, problems);
    for (std::size_t i = 0; i < wanted.scopes.size(); ++i) {
        if (!wanted.scopes[i].starts_with("me:")) continue;
        problems.push_back(
            {"/scopes/" + std::to_string(i), "keys.scope_unknown", "must be of no person"}
        );
    }
    return problems;
}

}  // namespace

Task<Result<ServiceAccount>> ServiceAccounts::create(
    trace::Context context, audit::Actor actor, OrgId org, NewAccount wanted
) {
    if (auto problems = problems_of(wanted); !problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "tokens.account_invalid",
            .message = "This service account cannot be made so.",
            .fields = std::move(problems),
        });
    }
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
    const std::string platform_role(account.platform_role ? name_of(*account.platform_role) : "");
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_org, org);
    const auto count = co_await transaction.run(context, count_accounts, org);
    if (count[0].integer() >= accounts_max) {
        co_return refuse(
            ErrorKind::conflict, "tokens.too_many_accounts", "There are 100 already. Disable one."
        );
    }
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
        .after = audit::json_of(
            {{"name", account.name},
             {"scopes", account.scopes},
             {"org_role", name_of(account.org_role)},
             {"platform_role", platform_role}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return account;
}

Task<std::vector<ServiceAccount>> ServiceAccounts::list(trace::Context context, OrgId org) {
    const auto rows = co_await db_.run(context, list_accounts, org);
    std::vector<ServiceAccount> accounts;
    for (int i = 0; i < rows.size(); ++i) accounts.push_back(account_in(rows[i]));
    co_return accounts;
}

Task<Result<ServiceAccount>> ServiceAccounts::find(trace::Context context, UserId id) {
    const auto rows = co_await db_.run(context, find_account, id);
    if (rows.empty()) co_return no_account();
    co_return account_in(rows[0]);
}

Task<Result<>> ServiceAccounts::disable(trace::Context context, audit::Actor actor, UserId id) {
    const ServiceAccount account = ACME_TRY(co_await find(context, id));
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, disable_account, account.org, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_account();
    audit::Entry entry{.action = "service_accounts.disable", .target = id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

/// With place for one more credential.
Task<Result<pg::Transaction>> ServiceAccounts::begin_for(
    trace::Context context, const ServiceAccount& account
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_org, account.org);
    const auto count = co_await transaction.run(
        context, count_credentials, account.org, account.id, telemetry_.clock.now()
    );
    if (count[0].integer() >= credentials_max) {
        co_return refuse(
            ErrorKind::conflict,
            "tokens.too_many_credentials",
            "The account has 10 secrets and keys already."
        );
    }
    co_return std::move(transaction);
}

Task<Result<std::string>> ServiceAccounts::add_secret(
    trace::Context context, audit::Actor actor, UserId id, std::optional<std::chrono::seconds> grace
) {
    const ServiceAccount account = ACME_TRY(co_await find(context, id));
    const WallTime now = telemetry_.clock.now();
    const std::string secret = keys::make_key_text(telemetry_.random, secret_prefix).text;
    auto transaction = ACME_TRY(co_await begin_for(context, account));
    if (grace) co_await transaction.run(context, end_secrets, account.org, id, now + *grace);
    co_await transaction.run(
        context,
        insert_credential,
        CredentialId::make(now, telemetry_.random),
        account.org,
        id,
        to_base64url(sha256(secret)),
        std::nullopt,
        now
    );
    audit::Entry entry{.action = "service_accounts.add_secret", .target = id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return secret;
}

Task<Result<>> ServiceAccounts::add_key(
    trace::Context context, audit::Actor actor, UserId id, std::string public_jwk
) {
    const auto key = parse_jwk(public_jwk);
    if (!key) {
        co_return refuse(
            ErrorKind::invalid,
            "tokens.key_refused",
            "This is not the public half of an RSA key of 4096 bits, as a JWK."
        );
    }
    const ServiceAccount account = ACME_TRY(co_await find(context, id));
    const WallTime now = telemetry_.clock.now();
    auto transaction = ACME_TRY(co_await begin_for(context, account));
    co_await transaction.run(
        context,
        insert_credential,
        CredentialId::make(now, telemetry_.random),
        account.org,
        id,
        std::nullopt,
        to_jwk(*key),
        now
    );
    audit::Entry entry{
        .action = "service_accounts.add_key",
        .target = id.str(),
        .after = audit::json_of({{"thumbprint", key->thumbprint()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<std::optional<ServiceAccount>> ServiceAccounts::by_secret(
    trace::Context context, UserId id, std::string secret
) {
    if (!keys::short_name_of(secret, secret_prefix)) co_return std::nullopt;
    const std::string hash = to_base64url(sha256(secret));
    const auto rows = co_await db_.run(context, find_by_secret, hash, id, telemetry_.clock.now());
    if (rows.empty()) co_return std::nullopt;
    co_return account_in(rows[0]);
}

Task<std::vector<std::string>> ServiceAccounts::keys_of(trace::Context context, UserId id) {
    const auto rows = co_await db_.run(context, find_public_keys, id, telemetry_.clock.now());
    std::vector<std::string> keys;
    for (int i = 0; i < rows.size(); ++i) keys.push_back(rows[i].text());
    co_return keys;
}

}  // namespace acme::tokens
