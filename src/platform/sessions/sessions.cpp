#include "platform/sessions/sessions.hpp"

#include "io/http/client_address.hpp"
#include "io/pg/database.hpp"
#include "platform/events/events.hpp"

namespace acme::sessions {
namespace {

constexpr std::size_t user_agent_bytes_max = 256;

constexpr pg::Query insert_session{"sessions.insert", R"sql(
    INSERT INTO sessions (id, org_id, user_id, token_hash, token_epoch, method, user_agent, ip,
                          created_at, last_seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
)sql"};

constexpr pg::Query list_sessions{"sessions.list", R"sql(
    SELECT id, method, user_agent, ip, created_at, last_seen_at, expires_at FROM sessions
    WHERE org_id = ANY($1::uuid[]) AND user_id = $2 AND ($3::uuid IS NULL OR id < $3)
      AND revoked_at IS NULL AND expires_at > $4 AND token_epoch = $6
    ORDER BY id DESC LIMIT $5
)sql"};

// In whichever organization the device is: a session is its user's, who ends those of all devices
// from any of them.
constexpr pg::Query revoke_session{"sessions.revoke", R"sql(
    UPDATE sessions SET revoked_at = $3, reason = 'ended'
    WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3
    RETURNING token_hash, org_id
)sql"};

constexpr pg::Query revoke_all{"sessions.revoke_all", R"sql(
    UPDATE sessions SET revoked_at = $2, reason = 'all ended'
    WHERE user_id = $1 AND revoked_at IS NULL
)sql"};

// Every organization's: what has ended is nobody's any more.
constexpr pg::Query sweep_sessions{"sessions.sweep", R"sql(
    DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1
)sql"};

/// The list of sessions of `user` has changed.
Task<> tell(
    pg::Transaction& transaction,
    trace::Context context,
    OrgId org,
    UserId user,
    std::string id,
    std::string_view verb
) {
    return events::publish(
        transaction,
        context,
        {.topic = "sessions",
         .id = std::move(id),
         .verb = verb,
         .org = org,
         .data = audit::json_of({{"user", user.str()}})}
    );
}

/// Whole characters, so that PostgreSQL takes what a client sends.
std::string shortened(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

Sessions::Sessions(
    Options options,
    pg::Database& db,
    redis::Client& redis,
    accounts::Accounts& accounts,
    limits::Limits& limits,
    Telemetry& telemetry
)
    : options_(std::move(options)),
      cookie_(options_.is_secure),
      db_(db),
      accounts_(accounts),
      limits_(limits),
      telemetry_(telemetry),
      redis_(redis),
      copies_(redis),
      nearby_(telemetry.clock),
      meter_(telemetry.metrics, telemetry.clock, "session") {
    accounts_.listen([this](trace::Context context, UserId user, std::int64_t version) {
        return outdate(context, user, version);
    });
}

std::string Sessions::address_of(const http::Request& request) const {
    return http::client_address(request, options_.trusted_proxies);
}

Task<Result<Sessions::Begun>> Sessions::begin(trace::Context context, SignIn sign_in) {
    co_return co_await begin(co_await db_.begin(context), context, std::move(sign_in));
}

Task<Result<Sessions::Begun>> Sessions::begin(
    pg::Transaction transaction, trace::Context context, SignIn sign_in
) {
    const UserId user = sign_in.user;
    Origin& origin = sign_in.origin;
    const auto standing = co_await standing_for(context, sign_in);
    if (!standing || standing->state != accounts::State::active) {
        co_return refuse(
            ErrorKind::unauthenticated, "sessions.no_user", "This user cannot sign in."
        );
    }
    if (sign_in.token_epoch.value_or(standing->token_epoch) != standing->token_epoch) {
        co_return refuse(
            ErrorKind::unauthenticated,
            "sessions.no_user",
            "All sessions of this user ended meanwhile. Sign in again."
        );
    }
    const WallTime now = telemetry_.clock.now();
    const Fresh fresh = Cookie::make(user, telemetry_.random);
    const Session session{
        .id = SessionId::make(now, telemetry_.random),
        .method = origin.method,
        .user_agent = shortened(std::move(origin.user_agent), user_agent_bytes_max),
        .ip = origin.ip,
        .created_at = sign_in.since.value_or(now),
        .last_seen_at = now,
        .expires_at = expiry_of(sign_in.since.value_or(now), now),
    };
    co_await transaction.run(
        context,
        insert_session,
        session.id,
        standing->org,
        user,
        fresh.hash,
        standing->token_epoch,
        session.method,
        session.user_agent,
        session.ip,
        session.created_at,
        now,
        session.expires_at
    );
    audit::Actor actor{.name = user.str(), .org = standing->org, .ip = session.ip};
    audit::Entry entry{
        .action = "sessions.begin",
        .target = session.id.str(),
        .after = audit::json_of({{"method", session.method}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, standing->org, user, session.id.str(), "created");
    const auto& former = sign_in.former;
    std::optional<std::string> ended;
    if (former && former->session) {
        ended = co_await revoke(transaction, context, *former, session.ip, *former->session);
    }
    co_await transaction.commit(context);
    if (ended) co_await forget(context, former->user, *ended);
    if (context.trace != nullptr) context.trace->user_id = user.str();
    co_return Begun{
        .session = session,
        .cookie = cookie_.set(fresh.value, std::chrono::seconds(life_max)),
    };
}

Task<std::vector<Session>> Sessions::list(
    trace::Context context, const Identity& who, std::optional<SessionId> before, int limit
) {
    std::vector<Session> sessions;
    const auto standing = co_await accounts_.standing(context, who.user, who.org);
    if (!standing) co_return sessions;
    const WallTime now = telemetry_.clock.now();
    // Whoever has left an organization has no session in it any more, whatever its row says.
    std::vector<std::string> orgs;
    for (const OrgId org : co_await accounts_.organization_ids_of(context, who.user)) {
        orgs.push_back(to_text(org.uuid));
    }
    const auto rows = co_await db_.run(
        context, list_sessions, orgs, who.user, before, now, limit, standing->token_epoch
    );
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        sessions.push_back({
            .id = row.id<SessionId>(),
            .method = row.text(),
            .user_agent = row.text(),
            .ip = row.text(),
            .created_at = row.time(),
            .last_seen_at = row.time(),
            .expires_at = row.time(),
        });
    }
    co_return sessions;
}

Task<Result<>> Sessions::end(trace::Context context, Identity who, std::string ip, SessionId id) {
    auto transaction = co_await db_.begin(context);
    const auto ended = co_await revoke(transaction, context, who, std::move(ip), id);
    if (!ended) {
        co_return refuse(ErrorKind::not_found, "sessions.not_found", "There is no such session.");
    }
    co_await transaction.commit(context);
    co_await forget(context, who.user, *ended);
    co_return done;
}

/// Its hash, for forget() after the commit; nullopt when `who` has no such session.
Task<std::optional<std::string>> Sessions::revoke(
    pg::Transaction& transaction, trace::Context context, Identity who, std::string ip, SessionId id
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await transaction.run(context, revoke_session, who.user, id, now);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    std::string hash = row.text();
    const auto org = row.id<OrgId>();
    audit::Actor actor{.name = who.user.str(), .org = org, .ip = std::move(ip)};
    audit::Entry entry{.action = "sessions.end", .target = id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, org, who.user, id.str(), "deleted");
    co_return hash;
}

Task<> Sessions::forget(trace::Context context, UserId user, std::string hash) {
    nearby_.forget(hash);
    co_await copies_.end(context, user, std::move(hash));
}

Task<> Sessions::end_all(trace::Context context, Identity who, std::string ip) {
    audit::Actor actor{.name = who.user.str(), .org = who.org, .ip = std::move(ip)};
    co_await revoke_all_of(context, std::move(actor), who.user, who.org);
}

Task<Result<>> Sessions::end_all_of(trace::Context context, audit::Actor actor, UserId user) {
    ACME_TRY(co_await accounts_.find(context, user));
    const auto standing = co_await accounts_.standing(context, user);
    std::optional<OrgId> org;
    if (standing) org = standing->org;
    co_await revoke_all_of(context, std::move(actor), user, org);
    co_return done;
}

/// Those of `org` see it at once.
Task<> Sessions::revoke_all_of(
    trace::Context context, audit::Actor actor, UserId user, std::optional<OrgId> org
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, revoke_all, user, telemetry_.clock.now());
    co_await accounts_.end_sessions(transaction, context, user);
    audit::Entry entry{.action = "sessions.end_all", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    if (org) co_await tell(transaction, context, *org, user, "all", "deleted");
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user);
}

Task<> Sessions::sweep(trace::Context context) {
    co_await db_.run(context, sweep_sessions, telemetry_.clock.now() - std::chrono::days(30));
}

}  // namespace acme::sessions
