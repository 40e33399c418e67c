// Whose a presented token is, whether it may do what it asks for, and against which quota it
// counts.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/client_address.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/tokens.hpp"

#include <algorithm>

namespace acme::tokens {
namespace {

constexpr std::size_t known_max = 10'000;  // then the one longest unused goes
constexpr std::chrono::seconds clock_skew_max{60};

constexpr pg::Query read_token{"tokens.read", R"sql(
    SELECT org_role, platform_role, scopes FROM service_accounts
    WHERE org_id = $1 AND id = $2 AND disabled_at IS NULL AND tokens_since <= $5
      AND NOT EXISTS (SELECT 1 FROM revoked_tokens WHERE id = $3)
      AND EXISTS (SELECT 1 FROM signing_keys WHERE id = $4 AND dropped_at IS NULL)
)sql"};

std::unexpected<Error> invalid_token() {
    return refuse(
        ErrorKind::unauthenticated,
        "tokens.invalid_token",
        "This is no token, or one that was revoked or has expired."
    );
}

std::optional<PlatformRole> platform_role_of(std::string_view text) {
    for (const auto role : {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}) {
        if (name_of(role) == text) return role;
    }
    return std::nullopt;
}

/// In both; each with a blank between.
std::string common(std::string_view one, std::string_view other) {
    std::string both;
    while (!one.empty()) {
        const auto blank = std::min(one.find(' '), one.size());
        const std::string_view scope = one.substr(0, blank);
        if (keys::grants(other, scope)) both.append(both.empty() ? "" : " ").append(scope);
        one.remove_prefix(std::min(blank + 1, one.size()));
    }
    return both;
}

}  // namespace

bool Tokens::has_token(const http::Request& request) {
    return keys::bearer_in(request).starts_with("eyJ");
}

Task<Result<http::Admitted>> Tokens::admit(http::Arrival arrival) {
    const trace::Context context = arrival.context;
    const bool is_of_flags = keys::is_of_flags(arrival.route);
    const auto known =
        co_await look_up(context, std::string(keys::bearer_in(arrival.request)), is_of_flags);
    const bool is_good = known && known->live;
    if (is_good) context.trace->user_id = known->claims.subject;
    if (arrival.route.is_metered && !(is_good && is_of_flags)) {
        const auto address = http::client_address(arrival.request, trusted_proxies_);
        auto caller = limits::caller_at(address);
        if (is_good) {
            const Identity& identity = known->live->identity;
            caller = limits::caller_of(identity.user, known->claims.id, identity.org);
        }
        caller.weight = arrival.route.weight;
        const auto standing = co_await limits_.count(context, std::move(caller));
        limits_.tell(standing, arrival.headers);
        if (!standing.is_allowed) {
            const std::string_view path = arrival.request.path();
            co_return http::Admitted{
                .refusal = limits::refusal(standing, path, *context.trace),
            };
        }
    }
    if (!is_good) co_return invalid_token();
    ACME_TRY(keys::check_scope(arrival.route, known->live->scopes));
    co_return http::Admitted{.identity = known->live->identity};
}

/// This thread's own copy; what PostgreSQL says is a second old at most.
Task<std::optional<Tokens::Known>> Tokens::look_up(
    trace::Context context, std::string token, bool outlives_outage
) {
    if (token.size() > token_bytes_max) co_return std::nullopt;
    const std::string digest = to_base64url(sha256(token));
    const auto found = index_.find(digest);
    std::optional<Known> known;
    if (found == index_.end()) {
        meter_.miss();
        known = co_await verify(context, std::move(token), digest);
        if (!known) co_return std::nullopt;
    } else {
        meter_.hit();
        known_.splice(known_.begin(), known_, found->second);
        known = *found->second;
    }
    if (known->claims.expires_at <= telemetry_.clock.now()) co_return std::nullopt;
    if (known->until > telemetry_.clock.steady()) co_return known;
    const auto age = telemetry_.clock.steady() - known->until;
    if (outlives_outage && known->live && age < keys::known_through_outages) {
        co_await patience_.run(digest, [this, known = *known](trace::Context beside) {
            return learn(beside, known);
        });
    } else {
        co_await learn(context, *known);
    }
    const auto learned = index_.find(digest);
    co_return learned == index_.end() ? known : *learned->second;
}

Task<> Tokens::learn(trace::Context context, Known known) {
    known.live = co_await read(context, known);
    known.until = telemetry_.clock.steady() + known_for;
    remember(std::move(known));
}

/// What any node of ours, and none but ours, can have signed: nothing of it is looked up but the
/// key, so that a stranger's token costs no statement.
Task<std::optional<Tokens::Known>> Tokens::verify(
    trace::Context context, std::string token, std::string digest
) {
    auto parts = take_apart(token);
    if (!parts || !is_ours(*parts)) co_return std::nullopt;
    const auto key = co_await keys_.find(context, parts->key_id);
    if (!key || !key->has_signed(parts->text, parts->signature)) co_return std::nullopt;
    co_return Known{
        .digest = std::move(digest),
        .key_id = std::move(parts->key_id),
        .claims =
            {
                .issuer = std::move(parts->issuer),
                .audience = url_,
                .subject = std::move(parts->subject),
                .org = std::move(parts->org),
                .scope = std::move(parts->scope),
                .id = std::move(parts->id),
                .issued_at = parts->issued_at,
                .expires_at = parts->expires_at,
            },
        .live = std::nullopt,
    };
}

/// Source: RFC 9068, 4; RFC 8725, 3.
bool Tokens::is_ours(const Parts& parts) const {
    const WallTime now = telemetry_.clock.now();
    const bool is_for_us = parts.audiences.size() == 1 && parts.audiences[0] == url_;
    const bool is_good = parts.expires_at > now && parts.issued_at <= now + clock_skew_max &&
                         parts.expires_at - parts.issued_at == token_life;
    return parts.type == "at+jwt" && parts.issuer == url_ && is_for_us && is_good;
}

Task<std::optional<Tokens::Live>> Tokens::read(trace::Context context, Known known) {
    const auto account = UserId::parse(known.claims.subject);
    const auto org = OrgId::parse(known.claims.org);
    if (!account || !org) co_return std::nullopt;
    const Claims& claims = known.claims;
    const auto rows = co_await db_.run(
        context, read_token, *org, *account, claims.id, known.key_id, claims.issued_at
    );
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Identity identity{.user = *account, .org = *org};
    identity.org_role = row.text() == "admin" ? OrgRole::admin : OrgRole::member;
    identity.platform_role = platform_role_of(row.text_or_null().value_or(""));
    co_return Live{.identity = identity, .scopes = common(known.claims.scope, row.text())};
}

void Tokens::remember(Known known) {
    const auto found = index_.find(known.digest);
    if (found != index_.end()) {
        *found->second = std::move(known);
        return;
    }
    known_.push_front(std::move(known));
    index_[known_.front().digest] = known_.begin();
    if (known_.size() > known_max) {
        index_.erase(known_.back().digest);
        known_.pop_back();
    }
}

}  // namespace acme::tokens
