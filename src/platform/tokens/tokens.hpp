#pragma once

/// Access tokens of service accounts: JWTs that live 24 hours exactly (SEC-7). The room owns the
/// tables revoked_tokens and client_assertions (sql/202611291200_service_accounts.sql).
///
/// A token is verified once in a thread; after that it is known by its digest. What PostgreSQL says
/// of its account, and whether it was revoked, is asked for once a second, so that an end is seen
/// within a second by every node, whether or not Redis answers.

#include "base/networks.hpp"
#include "base/result.hpp"
#include "io/http/router.hpp"
#include "io/redis/cache_meter.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/keys/patience.hpp"
#include "platform/limits/limits.hpp"
#include "platform/tokens/jwt.hpp"
#include "platform/tokens/service_accounts.hpp"
#include "platform/tokens/signing_keys.hpp"

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace acme::tokens {

inline constexpr std::chrono::seconds known_for{1};            // then PostgreSQL is asked again
inline constexpr std::chrono::minutes assertion_life_max{10};  // of what an account signs
inline constexpr std::size_t assertion_id_bytes_max = 128;

struct Token {
    std::string text;
    std::string scope;
};

/// Every function throws pg::Fault when the database is out of reach.
class Tokens {
public:
    /// `url` is where the platform is reached: issuer and audience.
    Tokens(
        std::string url,
        pg::Database& db,
        ServiceAccounts& accounts,
        SigningKeys& keys,
        limits::Limits& limits,
        Telemetry& telemetry,
        const Networks& trusted_proxies
    );

    const std::string& url() const { return url_; }

    /// With all scopes of the account, or those in `scope`. Errors: tokens.scope_refused (invalid)
    /// for one that the account has not, and those of SigningKeys::sign().
    Task<Result<Token>> issue(
        trace::Context context, ServiceAccount account, std::optional<std::string> scope
    );

    /// The account that has signed this assertion for us, which is then used up; none for any
    /// other. Source: RFC 7523, 3.
    Task<std::optional<ServiceAccount>> by_assertion(trace::Context context, std::string assertion);

    /// What is known of a token that is good now; none for any other.
    Task<std::optional<Claims>> inspect(trace::Context context, std::string token);

    /// Ends a token of that organization; nothing happens for any other.
    Task<> revoke(trace::Context context, audit::Actor actor, OrgId org, std::string token);

    /// Whether the request brings a token in place of a cookie.
    static bool has_token(const http::Request& request);

    /// For http::Router, where has_token() and the route asks who calls. Errors:
    /// tokens.invalid_token (unauthenticated), keys.scope_required, keys.not_for_keys (forbidden).
    Task<Result<http::Admitted>> admit(http::Arrival arrival);

    /// Removes what has ended by itself, and secrets and keys of accounts 30 days after their end.
    /// Twice: there is nothing left.
    Task<> sweep(trace::Context context);

    /// Waits for what is read beside requests.
    Task<> close() { return patience_.close(); }

private:
    /// What PostgreSQL said.
    struct Live {
        Identity identity;
        std::string scopes;  // that both the token and its account have
    };
    struct Known {
        std::string digest;
        std::string key_id;
        Claims claims;
        std::optional<Live> live;  // none: its account or its key is gone, or it was revoked
        SteadyTime until{};
    };

    Task<std::optional<Known>> look_up(
        trace::Context context, std::string token, bool outlives_outage = false
    );
    Task<std::optional<Known>> verify(
        trace::Context context, std::string token, std::string digest
    );
    Task<std::optional<Live>> read(trace::Context context, Known known);
    Task<> learn(trace::Context context, Known known);
    void remember(Known known);
    bool is_ours(const Parts& parts) const;
    bool is_assertion(const Parts& parts) const;

    std::string url_;
    pg::Database& db_;
    ServiceAccounts& accounts_;
    SigningKeys& keys_;
    limits::Limits& limits_;
    Telemetry& telemetry_;
    const Networks& trusted_proxies_;
    redis::CacheMeter meter_;
    std::list<Known> known_;  // the one asked for last comes first
    std::unordered_map<std::string, std::list<Known>::iterator> index_;
    keys::Patience patience_;
};

}  // namespace acme::tokens
