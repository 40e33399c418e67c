// Which organization of its user a session is in.
#include "io/pg/database.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {
namespace {

// The organization is what is asked for.
constexpr pg::Query last_organization{"sessions.last_organization", R"sql(
    SELECT org_id FROM sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1
)sql"};

constexpr pg::Query find_own{"sessions.find_own", R"sql(
    SELECT method, token_epoch, created_at FROM sessions
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND expires_at > $4
    FOR UPDATE
)sql"};

}  // namespace

/// As they left it; the first where that is over.
Task<std::optional<accounts::Standing>> Sessions::standing_for(
    trace::Context context, const SignIn& sign_in
) {
    const UserId user = sign_in.user;
    if (sign_in.org) co_return co_await accounts_.standing(context, user, *sign_in.org);
    const auto rows = co_await db_.run(context, last_organization, user);
    if (!rows.empty()) {
        const auto last = rows[0].id<OrgId>();
        if (auto standing = co_await accounts_.standing(context, user, last)) co_return standing;
    }
    co_return co_await accounts_.standing(context, user);
}

Task<Result<Sessions::Begun>> Sessions::switch_to(
    trace::Context context, Identity who, Origin origin, OrgId org
) {
    if (!co_await accounts_.standing(context, who.user, org)) {
        co_return refuse(
            ErrorKind::not_found,
            "organizations.not_found",
            "There is no such organization, or you do not belong to it."
        );
    }
    auto transaction = co_await db_.begin(context);
    const WallTime now = telemetry_.clock.now();
    const auto own = who.session;
    const auto rows = co_await transaction.run(context, find_own, who.org, who.user, own, now);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::unauthenticated, "sessions.no_user", "This session has ended. Sign in again."
        );
    }
    pg::Row row = rows[0];
    origin.method = row.text();
    SignIn sign_in{.user = who.user, .origin = std::move(origin)};
    sign_in.token_epoch = row.integer();
    sign_in.since = row.time();
    sign_in.former = std::move(who);
    sign_in.org = org;
    co_return co_await begin(std::move(transaction), context, std::move(sign_in));
}

}  // namespace acme::sessions
