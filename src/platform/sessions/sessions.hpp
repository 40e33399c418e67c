#pragma once

/// Sessions of signed-in users. The room owns the table sessions (sql/202611231523_sessions.sql).
///
/// A session lives 14 days from when it was last seen and 90 days at most. It ends at once when it
/// is revoked, when its user is disabled or leaves the organization, and when all sessions of the
/// user are ended (token_epoch).

#include "base/networks.hpp"
#include "base/result.hpp"
#include "io/http/router.hpp"
#include "io/redis/cache_meter.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/limits/limits.hpp"
#include "platform/sessions/cookie.hpp"
#include "platform/sessions/copies.hpp"
#include "platform/sessions/nearby.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace acme::sessions {

inline constexpr std::chrono::days idle_max{14};
inline constexpr std::chrono::days life_max{90};
inline constexpr std::chrono::minutes seen_every{5};  // how exact last_seen_at is

constexpr WallTime expiry_of(WallTime created, WallTime seen) {
    return std::min<WallTime>(created + life_max, seen + idle_max);
}

/// How old a proof of who somebody is may be for what changes how they sign in: then they sign in
/// again, which makes a new session in place of this one.
inline constexpr std::chrono::minutes recent_max{10};

/// How often ends are looked for that others could not tell us of, and while Redis is silent.
inline constexpr std::chrono::milliseconds watch_every{5000};
inline constexpr std::chrono::milliseconds watch_every_without_redis{500};

struct Session {
    SessionId id;
    std::string method;  // "password", "link", "passkey", "oidc"
    std::string user_agent;
    std::string ip;
    WallTime created_at;
    WallTime last_seen_at;
    WallTime expires_at;
};

/// Where somebody signs in from.
struct Origin {
    std::string method;
    std::string user_agent;
    std::string ip;
};

/// Who signs in.
struct SignIn {
    UserId user;
    Origin origin;

    /// As it was when they proved who they are: whose sessions all ended since begins none.
    std::optional<std::int64_t> token_epoch = std::nullopt;

    /// Who this browser was until now: that session ends as the new one begins.
    std::optional<Identity> former = std::nullopt;

    /// None: the one that the last session of the user was in, else the first.
    std::optional<OrgId> org = std::nullopt;

    /// When they proved who they are, from which life_max counts; none: now.
    std::optional<WallTime> since = std::nullopt;
};

struct Options {
    bool is_secure = true;          // see Cookie
    Networks trusted_proxies = {};  // see client_address()
};

/// Functions throw pg::Fault when the database is out of reach and the answer depends on it.
class Sessions {
public:
    Sessions(
        Options options,
        pg::Database& db,
        redis::Client& redis,
        accounts::Accounts& accounts,
        limits::Limits& limits,
        Telemetry& telemetry
    );

    const Cookie& cookie() const { return cookie_; }
    std::string address_of(const http::Request& request) const;

    struct Begun {
        Session session;
        std::string cookie;  // value of Set-Cookie
    };

    /// Errors: sessions.no_user (unauthenticated) for one who is gone or disabled, or of another
    /// epoch.
    Task<Result<Begun>> begin(trace::Context context, SignIn sign_in);

    /// The same with what was done in `transaction` before, which it commits; on an error nothing
    /// of it has happened.
    Task<Result<Begun>> begin(pg::Transaction transaction, trace::Context context, SignIn sign_in);

    /// The same device in another organization of the user: a new session that ends no later than
    /// the one of `who` does, which it takes the place of. Errors: organizations.not_found for one
    /// that they do not belong to; sessions.no_user (unauthenticated) without such a session.
    Task<Result<Begun>> switch_to(trace::Context context, Identity who, Origin origin, OrgId org);

    /// Who sends this request; nobody without a session. Names the user in the trace. Errors:
    /// access.cross_site (forbidden), see check_same_site().
    Task<Result<std::optional<Identity>>> identify(
        const http::Request& request, trace::Context context
    );

    /// For http::Router: the same, and counted, in one round trip to Redis; who has used up what is
    /// theirs is refused with limits.exceeded (429). Errors: of identify().
    Task<Result<http::Admitted>> admit(http::Arrival arrival);

    /// Whether the session of `who` began with a proof not older than recent_max. Errors:
    /// sessions.proof_too_old (unauthenticated). Source: RFC 9470.
    Task<Result<>> check_recent(trace::Context context, Identity who);

    /// Of all devices of `who`, also those that are in another organization of theirs. Newest
    /// first, those before `before`; what has ended is not shown.
    Task<std::vector<Session>> list(
        trace::Context context, const Identity& who, std::optional<SessionId> before, int limit
    );

    /// One session of `who`, in whichever organization. Errors: sessions.not_found, also for
    /// somebody else's.
    Task<Result<>> end(trace::Context context, Identity who, std::string ip, SessionId id);

    /// Every session of the user, on every device.
    Task<> end_all(trace::Context context, Identity who, std::string ip);

    /// The same of somebody else, for administrators. Errors: accounts.not_found.
    Task<Result<>> end_all_of(trace::Context context, audit::Actor actor, UserId user);

    /// Ends what has expired or was revoked 30 days ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

    /// Looks for ends and changes of rights that this thread was not told of; runs until stop().
    Task<> watch();
    void stop() { is_stopping_ = true; }

    /// One look of watch(), for tests.
    Task<> look();

private:
    struct Looked {
        std::optional<Live> live = std::nullopt;
        std::optional<limits::Standing> standing = std::nullopt;  // none: not counted
    };

    Task<Result<http::Admitted>> admit_metered(http::Arrival arrival, bool asks);
    Task<Result<http::Admitted>> admit_free(http::Arrival arrival, bool asks);
    Task<std::optional<Identity>> recognize(
        trace::Context context, std::string hash, std::optional<Live> live
    );
    Task<Looked> find(trace::Context context, Presented presented, std::int64_t weight);
    Task<std::optional<Live>> read(trace::Context context, Presented presented);
    Task<> touch(trace::Context context, std::string hash, Live live);
    Task<std::optional<accounts::Standing>> standing_for(
        trace::Context context, const SignIn& sign_in
    );
    Task<std::optional<std::string>> revoke(
        pg::Transaction& transaction,
        trace::Context context,
        Identity who,
        std::string ip,
        SessionId id
    );
    Task<> revoke_all_of(
        trace::Context context, audit::Actor actor, UserId user, std::optional<OrgId> org
    );
    Task<> forget(trace::Context context, UserId user, std::string hash);
    Task<> outdate(trace::Context context, UserId user, std::int64_t version);
    Task<bool> tell_ends(trace::Context context, WallTime since);
    Task<bool> tell_changes(trace::Context context, WallTime since);

    Options options_;
    Cookie cookie_;
    pg::Database& db_;
    accounts::Accounts& accounts_;
    limits::Limits& limits_;
    Telemetry& telemetry_;
    redis::Client& redis_;
    Copies copies_;
    Nearby nearby_;
    redis::CacheMeter meter_;
    std::optional<WallTime> looked_at_;
    bool is_stopping_ = false;
};

}  // namespace acme::sessions
