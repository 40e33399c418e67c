// What a service account proves itself with: secrets of ours, and keys of its own.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/tokens/jwt.hpp"
#include "platform/tokens/service_account_rows.hpp"

namespace acme::tokens {
namespace {

constexpr pg::Query insert_credential{"tokens.insert_credential", R"sql(
    INSERT INTO service_account_credentials (id, org_id, account_id, secret_hash, public_jwk,
                                             created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query list_credentials{"tokens.list_credentials", R"sql(
    SELECT id, public_jwk, created_at, expires_at, last_used_at FROM service_account_credentials
    WHERE org_id = $1 AND account_id = $2 AND (expires_at IS NULL OR expires_at > $3)
    ORDER BY id DESC
)sql"};

constexpr pg::Query count_credentials{"tokens.count_credentials", R"sql(
    SELECT count(*) FROM service_account_credentials
    WHERE org_id = $1 AND account_id = $2 AND (expires_at IS NULL OR expires_at > $3)
)sql"};

constexpr pg::Query end_secrets{"tokens.end_secrets", R"sql(
    UPDATE service_account_credentials SET expires_at = least(expires_at, $3)
    WHERE org_id = $1 AND account_id = $2 AND secret_hash IS NOT NULL
)sql"};

constexpr pg::Query end_one{"tokens.end_credential", R"sql(
    UPDATE service_account_credentials SET expires_at = $4
    WHERE org_id = $1 AND account_id = $2 AND id = $3 AND (expires_at IS NULL OR expires_at > $4)
    RETURNING id
)sql"};

// Whoever presents it names no organization.
constexpr pg::Query find_by_secret{"tokens.find_by_secret", R"sql(
    SELECT c.id, a.id, a.org_id, a.name, a.org_role, a.platform_role, a.scopes, a.created_at, a.disabled_at,
           a.version, a.tokens_since
    FROM service_account_credentials c
    JOIN service_accounts a ON a.id = c.account_id AND a.org_id = c.org_id
    WHERE c.secret_hash = $1 AND a.id = $2 AND (c.expires_at IS NULL OR c.expires_at > $3)
      AND a.disabled_at IS NULL
)sql"};

constexpr pg::Query find_public_keys{"tokens.find_public_keys", R"sql(
    SELECT id, public_jwk FROM service_account_credentials
    WHERE account_id = $1 AND public_jwk IS NOT NULL AND (expires_at IS NULL OR expires_at > $2)
    ORDER BY id DESC
)sql"};

constexpr pg::Query note_used{"tokens.note_use", R"sql(
    UPDATE service_account_credentials SET last_used_at = $4
    WHERE org_id = $1 AND account_id = $2 AND id = $3
      AND (last_used_at IS NULL OR last_used_at < $5)
)sql"};

std::optional<WallTime> end_of(const Terms& terms, WallTime now) {
    if (!terms.days) return std::nullopt;
    return now + std::chrono::days(*terms.days);
}

std::string end_text(const Credential& credential) {
    return credential.expires_at ? to_rfc3339(*credential.expires_at) : "";
}

}  // namespace

Task<std::vector<Credential>> ServiceAccounts::credentials(
    trace::Context context, OrgId org, UserId id
) {
    const auto rows = co_await db_.run(context, list_credentials, org, id, telemetry_.clock.now());
    std::vector<Credential> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Credential credential{.id = row.id<CredentialId>()};
        const auto key = parse_jwk(row.text_or_null().value_or(""));
        if (key) credential.thumbprint = key->thumbprint();
        credential.created_at = row.time();
        credential.expires_at = row.time_or_null();
        credential.last_used_at = row.time_or_null();
        found.push_back(std::move(credential));
    }
    co_return found;
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
            "The account has 10 secrets and keys already. End one."
        );
    }
    co_return std::move(transaction);
}

Task<Result<MadeSecret>> ServiceAccounts::add_secret(
    trace::Context context, audit::Actor actor, UserId id, Terms terms
) {
    const ServiceAccount account = ACME_TRY(co_await find(context, id));
    const WallTime now = telemetry_.clock.now();
    MadeSecret made{
        .credential =
            {
                .id = CredentialId::make(now, telemetry_.random),
                .created_at = now,
                .expires_at = end_of(terms, now),
            },
        .text = keys::make_key_text(telemetry_.random, secret_prefix).text,
    };
    auto transaction = ACME_TRY(co_await begin_for(context, account));
    if (terms.grace) {
        co_await transaction.run(context, end_secrets, account.org, id, now + *terms.grace);
    }
    co_await transaction.run(
        context,
        insert_credential,
        made.credential.id,
        account.org,
        id,
        to_base64url(sha256(made.text)),
        std::nullopt,
        now,
        made.credential.expires_at
    );
    audit::Entry entry{
        .action = "service_accounts.add_secret",
        .target = id.str(),
        .after = audit::json_of(
            {{"id", made.credential.id.str()}, {"expires_at", end_text(made.credential)}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return made;
}

Task<Result<Credential>> ServiceAccounts::add_key(
    trace::Context context, audit::Actor actor, UserId id, std::string public_key, Terms terms
) {
    auto key = parse_jwk(public_key);
    if (!key) key = RsaKey::of_public_pem(public_key);
    if (!key) {
        co_return refuse(
            ErrorKind::invalid,
            "tokens.key_refused",
            "This is not the public half of an RSA key of 4096 bits, as a JWK or as PEM."
        );
    }
    const ServiceAccount account = ACME_TRY(co_await find(context, id));
    const WallTime now = telemetry_.clock.now();
    const Credential made{
        .id = CredentialId::make(now, telemetry_.random),
        .thumbprint = key->thumbprint(),
        .created_at = now,
        .expires_at = end_of(terms, now),
    };
    auto transaction = ACME_TRY(co_await begin_for(context, account));
    co_await transaction.run(
        context,
        insert_credential,
        made.id,
        account.org,
        id,
        std::nullopt,
        to_jwk(*key),
        now,
        made.expires_at
    );
    audit::Entry entry{
        .action = "service_accounts.add_key",
        .target = id.str(),
        .after = audit::json_of(
            {{"id", made.id.str()}, {"thumbprint", made.thumbprint}, {"expires_at", end_text(made)}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return made;
}

Task<Result<>> ServiceAccounts::end_credential(
    trace::Context context, audit::Actor actor, OrgId org, UserId id, CredentialId credential
) {
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, end_one, org, id, credential, telemetry_.clock.now());
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::not_found, "tokens.no_credential", "The account has no such secret or key."
        );
    }
    audit::Entry entry{
        .action = "service_accounts.end_credential",
        .target = id.str(),
        .before = audit::json_of({{"id", credential.str()}}),
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
    pg::Row row = rows[0];
    const auto credential = row.id<CredentialId>();
    ServiceAccount account = read_account(row);
    co_await note_use(context, account, credential);
    co_return account;
}

Task<std::vector<ServiceAccounts::Verifier>> ServiceAccounts::keys_of(
    trace::Context context, UserId id
) {
    const auto rows = co_await db_.run(context, find_public_keys, id, telemetry_.clock.now());
    std::vector<Verifier> keys;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        keys.push_back({.id = row.id<CredentialId>(), .jwk = row.text()});
    }
    co_return keys;
}

Task<> ServiceAccounts::note_use(
    trace::Context context, const ServiceAccount& account, CredentialId credential
) {
    const WallTime now = telemetry_.clock.now();
    co_await db_.run(
        context, note_used, account.org, account.id, credential, now, now - used_every
    );
}

}  // namespace acme::tokens
