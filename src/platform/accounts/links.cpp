#include "platform/accounts/links.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/pg/database.hpp"

#include <array>

namespace acme::accounts {
namespace {

constexpr std::string_view kind = "sign_in";

constexpr pg::Query insert_token{"accounts.insert_token", R"sql(
    INSERT INTO one_time_tokens (hash, kind, user_id, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5)
)sql"};

// Of two at once, one waits for the other's row and then finds it used.
constexpr pg::Query use_token{"accounts.use_token", R"sql(
    UPDATE one_time_tokens t SET used_at = $3
    FROM users u
    WHERE t.hash = $1 AND t.kind = $2 AND t.used_at IS NULL AND t.expires_at > $3
      AND u.id = t.user_id AND u.state = 'active'
    RETURNING t.user_id
)sql"};

constexpr pg::Query sweep_tokens{"accounts.sweep_tokens", R"sql(
    DELETE FROM one_time_tokens WHERE expires_at < $1
)sql"};

std::string fresh_token(Random& random) {
    std::array<std::byte, 32> bytes{};
    random.fill(bytes);
    std::string text;
    for (const std::byte byte : bytes) text += static_cast<char>(byte);
    return to_base64url(text);
}

std::unexpected<Error> invalid_link() {
    return refuse(
        ErrorKind::unauthenticated,
        "accounts.link_invalid",
        "This link was used before or is too old. Ask for another one."
    );
}

}  // namespace

Task<Links::Link> Links::make(trace::Context context, audit::Actor actor, UserId user) {
    const WallTime now = telemetry_.clock.now();
    const std::string token = fresh_token(telemetry_.random);
    const Link link{
        .url = base_url_ + "/sign-in/link#token=" + token,
        .token = token,
        .expires_at = now + link_life,
    };
    const std::string hash = to_base64url(sha256(link.token));
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, insert_token, hash, kind, user, now, link.expires_at);
    audit::Entry entry{.action = "accounts.make_link", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return link;
}

Task<pg::Transaction> Links::begin(trace::Context context) { return db_.begin(context); }

Task<Result<UserId>> Links::consume(
    pg::Transaction& transaction, trace::Context context, std::string token, std::string ip
) {
    if (token.size() != link_token_chars) co_return invalid_link();
    const std::string hash = to_base64url(sha256(token));
    const auto rows =
        co_await transaction.run(context, use_token, hash, kind, telemetry_.clock.now());
    if (rows.empty()) co_return invalid_link();
    const UserId user = rows[0].id<UserId>();
    audit::Actor actor{.name = user.str(), .ip = std::move(ip)};
    audit::Entry entry{.action = "accounts.use_link", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return user;
}

Task<> Links::sweep(trace::Context context) {
    co_await db_.run(context, sweep_tokens, telemetry_.clock.now() - std::chrono::days(1));
}

}  // namespace acme::accounts
