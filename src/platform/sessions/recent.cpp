// Whether somebody proved lately who they are: what changes how they sign in asks for it.
#include "io/pg/database.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {
namespace {

constexpr pg::Query find_recent{"sessions.find_recent", R"sql(
    SELECT id FROM sessions
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND created_at > $4
)sql"};

}  // namespace

Task<Result<>> Sessions::check_recent(trace::Context context, Identity who) {
    const WallTime since = telemetry_.clock.now() - recent_max;
    const auto rows = co_await db_.run(context, find_recent, who.org, who.user, who.session, since);
    if (!rows.empty()) co_return done;
    co_return refuse(
        ErrorKind::unauthenticated,
        "sessions.proof_too_old",
        "Sign in again: this takes a proof of who you are that is not older than ten minutes."
    );
}

}  // namespace acme::sessions
