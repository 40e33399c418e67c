#include "platform/tokens/tokens.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/scopes.hpp"

#include <algorithm>

namespace acme::tokens {
namespace {

constexpr std::chrono::days credentials_kept_for{30};  // after their end

constexpr pg::Query revoke_token{"tokens.revoke", R"sql(
    INSERT INTO revoked_tokens (id, org_id, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO NOTHING RETURNING id
)sql"};

constexpr pg::Query use_assertion{"tokens.use_assertion", R"sql(
    INSERT INTO client_assertions (account_id, id, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING id
)sql"};

// Every organization's: what has ended is nobody's any more.
constexpr pg::Query sweep_revoked{"tokens.sweep_revoked", R"sql(
    DELETE FROM revoked_tokens WHERE expires_at < $1
)sql"};

// Every organization's too. Those without an end of their own go with their account.
constexpr pg::Query sweep_credentials{"tokens.sweep_credentials", R"sql(
    DELETE FROM service_account_credentials WHERE expires_at < $1
)sql"};

constexpr pg::Query sweep_assertions{"tokens.sweep_assertions", R"sql(
    DELETE FROM client_assertions WHERE expires_at < $1
)sql"};

}  // namespace

Tokens::Tokens(
    std::string url,
    pg::Database& db,
    ServiceAccounts& accounts,
    SigningKeys& keys,
    limits::Limits& limits,
    Telemetry& telemetry,
    const Networks& trusted_proxies
)
    : url_(std::move(url)),
      db_(db),
      accounts_(accounts),
      keys_(keys),
      limits_(limits),
      telemetry_(telemetry),
      trusted_proxies_(trusted_proxies),
      meter_(telemetry.metrics, telemetry.clock, "tokens"),
      patience_(telemetry) {}

Task<Result<Token>> Tokens::issue(
    trace::Context context, ServiceAccount account, std::optional<std::string> scope
) {
    std::vector<std::string> asked = keys::apart(scope ? *scope : account.scopes);
    const bool is_fit = !asked.empty() && std::ranges::all_of(asked, [&](const std::string& one) {
        return keys::grants(account.scopes, one);
    });
    if (!is_fit) {
        co_return refuse(
            ErrorKind::invalid, "tokens.scope_refused", "The account has not these scopes."
        );
    }
    // Whole seconds, so that the life is exact as it is written. None before those in which the
    // account was disabled: they are good no more.
    const auto now = std::max(
        std::chrono::floor<std::chrono::seconds>(telemetry_.clock.now()),
        std::chrono::floor<std::chrono::seconds>(account.tokens_since)
    );
    const Claims claims{
        .issuer = url_,
        .audience = url_,
        .subject = account.id.str(),
        .org = account.org.str(),
        .scope = keys::joined(std::move(asked)),
        .id = to_text(make_uuid7(now, telemetry_.random)),
        .issued_at = now,
        .expires_at = now + token_life,
    };
    const auto to_sign = [claims](std::string_view key_id) { return to_be_signed(claims, key_id); };
    co_return Token{
        .text = ACME_TRY(co_await keys_.sign(context, to_sign)),
        .scope = claims.scope,
    };
}

bool Tokens::is_assertion(const Parts& parts) const {
    const WallTime now = telemetry_.clock.now();
    const bool is_ours = std::ranges::any_of(parts.audiences, [&](const std::string& audience) {
        return audience == url_ || audience == url_ + "/oauth/token";
    });
    const bool is_good = parts.expires_at > now && parts.expires_at <= now + assertion_life_max;
    const bool has_id = !parts.id.empty() && parts.id.size() <= assertion_id_bytes_max;
    return is_ours && is_good && has_id && parts.issuer == parts.subject;
}

Task<std::optional<ServiceAccount>> Tokens::by_assertion(
    trace::Context context, std::string assertion
) {
    const auto parts = take_apart(assertion);
    if (!parts || !is_assertion(*parts)) co_return std::nullopt;
    const auto id = UserId::parse(parts->subject);
    if (!id) co_return std::nullopt;
    const auto verifiers = co_await accounts_.keys_of(context, *id);
    const auto signer = std::ranges::find_if(verifiers, [&](const auto& verifier) {
        const auto key = parse_jwk(verifier.jwk);
        return key && key->has_signed(parts->text, parts->signature);
    });
    if (signer == verifiers.end()) co_return std::nullopt;
    const auto used = co_await db_.run(
        context, use_assertion, *id, to_base64url(sha256(parts->id)), parts->expires_at
    );
    if (used.empty()) co_return std::nullopt;
    const auto account = co_await accounts_.find(context, *id);
    if (!account || account->disabled_at) co_return std::nullopt;
    co_await accounts_.note_use(context, *account, signer->id);
    co_return *account;
}

Task<std::optional<Claims>> Tokens::inspect(trace::Context context, std::string token) {
    const auto known = co_await look_up(context, std::move(token));
    if (!known || !known->live) co_return std::nullopt;
    Claims claims = known->claims;
    claims.scope = known->live->scopes;
    co_return claims;
}

Task<> Tokens::revoke(trace::Context context, audit::Actor actor, OrgId org, std::string token) {
    const auto known = co_await look_up(context, std::move(token));
    if (!known || !known->live || known->live->identity.org != org) co_return;
    const Claims& claims = known->claims;
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, revoke_token, claims.id, org, claims.expires_at);
    if (rows.empty()) co_return;
    audit::Entry entry{
        .action = "tokens.revoke",
        .target = claims.subject,
        .after = audit::json_of({{"jti", claims.id}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    const auto found = index_.find(known->digest);
    if (found != index_.end()) found->second->until = {};
}

Task<> Tokens::sweep(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    co_await db_.run(context, sweep_revoked, now);
    co_await db_.run(context, sweep_assertions, now);
    co_await db_.run(context, sweep_credentials, now - credentials_kept_for);
}

}  // namespace acme::tokens
