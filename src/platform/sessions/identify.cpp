// Who sends a request: the session behind a cookie, counted against its user's quota on the way.
#include "io/pg/database.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {
namespace {

// The cookie is all that is known, so the organization is what is asked for.
constexpr pg::Query find_session{"sessions.find", R"sql(
    SELECT id, org_id, token_epoch, created_at, last_seen_at, expires_at FROM sessions
    WHERE token_hash = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
)sql"};

constexpr pg::Query touch_session{"sessions.touch", R"sql(
    UPDATE sessions SET last_seen_at = $4, expires_at = $5
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND last_seen_at < $4
)sql"};

}  // namespace

Task<Result<std::optional<Identity>>> Sessions::identify(
    const http::Request& request, trace::Context context
) {
    ACME_TRY(check_same_site(request));
    const auto presented = cookie_.read(request);
    if (!presented) co_return std::nullopt;
    const Looked looked = co_await find(context, *presented, 0);
    co_return co_await recognize(context, presented->hash, looked.live);
}

Task<Result<http::Admitted>> Sessions::admit(http::Arrival arrival) {
    const bool asks = arrival.route.access.needs_identity();
    return arrival.route.is_metered ? admit_metered(arrival, asks) : admit_free(arrival, asks);
}

Task<Result<http::Admitted>> Sessions::admit_free(http::Arrival arrival, bool asks) {
    if (!asks) co_return http::Admitted{};
    co_return http::Admitted{
        .identity = ACME_TRY(co_await identify(arrival.request, arrival.context))
    };
}

/// Nobody's request counts against the address that it comes from: also one with a cookie that is
/// nobody's, and one that another site made a browser send.
Task<Result<http::Admitted>> Sessions::admit_metered(http::Arrival arrival, bool asks) {
    const auto same_site = asks ? check_same_site(arrival.request) : Result<>();
    std::optional<Presented> presented;
    if (asks && same_site) presented = cookie_.read(arrival.request);
    Looked looked;
    if (presented) looked = co_await find(arrival.context, *presented, arrival.route.weight);
    if (!looked.standing) {
        auto stranger = limits::caller_at(address_of(arrival.request));
        stranger.weight = arrival.route.weight;
        looked.standing = co_await limits_.count(arrival.context, std::move(stranger));
    }
    limits_.tell(*looked.standing, arrival.headers);
    if (!looked.standing->is_allowed) {
        co_return http::Admitted{
            .refusal =
                limits::refusal(*looked.standing, arrival.request.path(), *arrival.context.trace),
        };
    }
    ACME_TRY(same_site);
    if (!presented) co_return http::Admitted{};
    co_return http::Admitted{
        .identity = co_await recognize(arrival.context, presented->hash, looked.live),
    };
}

Task<std::optional<Identity>> Sessions::recognize(
    trace::Context context, std::string hash, std::optional<Live> live
) {
    const WallTime now = telemetry_.clock.now();
    if (!live || live->expires_at <= now) co_return std::nullopt;
    if (context.trace != nullptr) context.trace->user_id = live->user.str();
    if (now - live->last_seen_at >= seen_every) {
        co_await touch(context, std::move(hash), *live);
    }
    co_return live->identity();
}

/// Redis; then, when it does not answer, this thread's own copy; then PostgreSQL. Only who turns
/// out to be somebody is counted, and nobody with a weight of 0.
Task<Sessions::Looked> Sessions::find(
    trace::Context context, Presented presented, std::int64_t weight
) {
    const bool counts = weight > 0;
    const auto near = nearby_.find(presented.hash);
    if (near && !near->live) co_return Looked{};
    auto caller = limits::caller_of(presented.user, presented.hash);
    caller.weight = weight;
    if (counts) {
        if (auto refused = limits_.refused(caller)) co_return Looked{.standing = refused};
    }
    auto copy =
        counts ? co_await copies_.count(context, presented.user, presented.hash, caller, limits_)
               : co_await copies_.find(context, presented.user, presented.hash);
    if (copy.state == Copies::State::ended) co_return Looked{};
    Looked looked{.live = copy.live, .standing = copy.standing};
    const bool is_silent = copy.state == Copies::State::unknown;
    if (is_silent && near && near->live->user == presented.user) looked.live = near->live;
    if (looked.live) {
        meter_.hit();
    } else {
        meter_.miss();
        looked.live = co_await read(context, presented);
        if (!looked.live || is_silent) {
            nearby_.put(presented.hash, looked.live);
        } else {
            co_await copies_.put(context, presented.hash, *looked.live);
        }
    }
    if (!looked.live || !counts || looked.standing) co_return looked;
    caller.org_key = limits::key_of(looked.live->org);
    looked.standing =
        is_silent ? limits_.count_here(caller) : co_await limits_.count(context, caller);
    co_return looked;
}

Task<std::optional<Live>> Sessions::read(trace::Context context, Presented presented) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await db_.run(context, find_session, presented.hash, presented.user, now);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Live live{.id = row.id<SessionId>(), .user = presented.user, .org = row.id<OrgId>()};
    const std::int64_t epoch = row.integer();
    live.created_at = row.time();
    live.last_seen_at = row.time();
    live.expires_at = row.time();
    const auto standing = co_await accounts_.standing(context, live.user, live.org);
    if (!standing || standing->state != accounts::State::active || standing->token_epoch != epoch) {
        co_return std::nullopt;
    }
    live.org_role = standing->org_role;
    live.platform_role = standing->platform_role;
    live.version = standing->version;
    co_return live;
}

Task<> Sessions::touch(trace::Context context, std::string hash, Live live) {
    live.last_seen_at = telemetry_.clock.now();
    live.expires_at = expiry_of(live.created_at, live.last_seen_at);
    co_await db_.run(
        context, touch_session, live.org, live.user, live.id, live.last_seen_at, live.expires_at
    );
    if (const auto near = nearby_.find(hash); near && near->live) nearby_.put(hash, live);
    co_await copies_.put(context, std::move(hash), live);
}

}  // namespace acme::sessions
