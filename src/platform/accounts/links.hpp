#pragma once

/// Links that sign somebody in, once. The room owns the table one_time_tokens.
///
/// The token is in the fragment of the address, which browsers do not send: opening the link, or a
/// mail scanner that does, consumes nothing. The page posts it.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"

#include <string>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::accounts {

inline constexpr std::chrono::minutes link_life{30};

/// What is no secret of this size costs no look-up: 256 bits in base64url.
inline constexpr std::size_t link_token_chars = 43;

class Links {
public:
    /// `base_url` is where the dashboard is, "http://localhost:8080".
    Links(pg::Database& db, Telemetry& telemetry, std::string base_url)
        : db_(db), telemetry_(telemetry), base_url_(std::move(base_url)) {}

    struct Link {
        std::string url;
        std::string token;
        WallTime expires_at;
    };

    /// Good for link_life. Links made before stay good.
    Task<Link> make(trace::Context context, audit::Actor actor, UserId user);

    /// A transaction, for whoever does more with it than this room.
    Task<pg::Transaction> begin(trace::Context context);

    /// Whose it is; it is used up with the commit. Errors: accounts.link_invalid (unauthenticated)
    /// for one that is unknown, used or too old, and for a user who is disabled.
    Task<Result<UserId>> consume(
        pg::Transaction& transaction, trace::Context context, std::string token, std::string ip
    );

    /// Forgets what has expired a day ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    pg::Database& db_;
    Telemetry& telemetry_;
    std::string base_url_;
};

}  // namespace acme::accounts
