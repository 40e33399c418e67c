#include "platform/tokens/device_logins.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/scopes.hpp"

#include <array>

namespace acme::tokens {
namespace {

// No vowels, so that it spells nothing, and nothing that is taken for another letter. Source: RFC
// 8628, 6.1.
constexpr std::string_view letters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::size_t user_code_letters = 8;
constexpr std::size_t device_code_bytes = 32;
constexpr std::size_t device_code_chars = 43;

constexpr pg::Query insert_login{"tokens.insert_device_login", R"sql(
    INSERT INTO device_logins (id, code_hash, user_code_hash, name, scopes, ip, state, created_at,
                               expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)
)sql"};

// It is nobody's before somebody says yes, so there is no organization to name.
constexpr pg::Query find_login{"tokens.find_device_login", R"sql(
    SELECT id, name, scopes, ip, created_at, expires_at FROM device_logins
    WHERE user_code_hash = $1 AND state = 'open' AND expires_at > $2
)sql"};

constexpr pg::Query decide_login{"tokens.decide_device_login", R"sql(
    UPDATE device_logins SET state = $2, org_id = $3, user_id = $4
    WHERE id = $1 AND state = 'open' AND expires_at > $5 RETURNING name, scopes, ip
)sql"};

constexpr pg::Query lock_login{"tokens.lock_device_login", R"sql(
    SELECT id, name, scopes, state, org_id, user_id, expires_at, polled_at FROM device_logins
    WHERE code_hash = $1 FOR UPDATE
)sql"};

constexpr pg::Query note_poll{"tokens.note_poll", R"sql(
    UPDATE device_logins SET polled_at = $2 WHERE id = $1
)sql"};

constexpr pg::Query use_login{"tokens.use_device_login", R"sql(
    UPDATE device_logins SET state = 'used' WHERE org_id = $1 AND id = $2
)sql"};

// Everybody's: what has ended is nobody's any more.
constexpr pg::Query sweep_logins{"tokens.sweep_device_logins", R"sql(
    DELETE FROM device_logins WHERE expires_at < $1
)sql"};

std::string hash_of(std::string_view code) { return to_base64url(sha256(code)); }

/// Eight letters, each as likely as any other.
std::string make_user_code(Random& random) {
    std::string code;
    while (code.size() < user_code_letters) {
        std::array<std::byte, 1> byte{};
        random.fill(byte);
        const auto number = std::to_integer<std::size_t>(byte[0]);
        if (number < 256 - 256 % letters.size()) code.push_back(letters[number % letters.size()]);
    }
    return code;
}

std::string make_device_code(Random& random) {
    std::array<std::byte, device_code_bytes> chance{};
    random.fill(chance);
    std::string bytes;
    for (const std::byte byte : chance) bytes += static_cast<char>(byte);
    return to_base64url(bytes);
}

/// As it was made, however it is typed: "bcdf ghjk".
std::string letters_of(std::string_view typed) {
    std::string code;
    for (char c : typed) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (letters.contains(c)) code.push_back(c);
    }
    return code;
}

std::unexpected<Error> no_login() {
    return refuse(
        ErrorKind::not_found,
        "tokens.no_device_login",
        "Nobody waits with this code: it was mistyped, decided already, or is too old."
    );
}

keys::NewKey key_for(std::string name, std::string_view scopes) {
    return {
        .name = "acme login: " + std::move(name),
        .scopes = keys::apart(scopes),
        .days = device_key_days,
    };
}

}  // namespace

Task<Result<DeviceCodes>> DeviceLogins::start(trace::Context context, DeviceWish wish) {
    const std::string scopes = keys::joined(std::move(wish.scopes));
    if (auto problems = keys::problems_of(key_for(wish.name, scopes)); !problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "keys.invalid",
            .message = "No key can be made so.",
            .fields = std::move(problems),
        });
    }
    const WallTime now = telemetry_.clock.now();
    const std::string user_code = make_user_code(telemetry_.random);
    DeviceCodes codes{
        .device = make_device_code(telemetry_.random),
        .user = user_code.substr(0, 4) + "-" + user_code.substr(4),
    };
    co_await db_.run(
        context,
        insert_login,
        DeviceLoginId::make(now, telemetry_.random),
        hash_of(codes.device),
        hash_of(user_code),
        wish.name,
        scopes,
        wish.ip,
        now,
        now + device_login_life
    );
    co_return codes;
}

Task<Result<DeviceLogin>> DeviceLogins::show(trace::Context context, std::string user_code) {
    const std::string hash = hash_of(letters_of(user_code));
    const auto rows = co_await db_.run(context, find_login, hash, telemetry_.clock.now());
    if (rows.empty()) co_return no_login();
    pg::Row row = rows[0];
    DeviceLogin login{.id = row.id<DeviceLoginId>(), .name = row.text(), .scopes = row.text()};
    login.ip = row.text();
    login.created_at = row.time();
    login.expires_at = row.time();
    co_return login;
}

Task<Result<>> DeviceLogins::decide(
    trace::Context context, Identity who, std::string ip, std::string user_code, bool is_yes
) {
    const DeviceLogin login = ACME_TRY(co_await show(context, std::move(user_code)));
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context,
        decide_login,
        login.id,
        std::string_view(is_yes ? "approved" : "denied"),
        who.org,
        who.user,
        telemetry_.clock.now()
    );
    if (rows.empty()) co_return no_login();
    audit::Actor actor{.name = who.user.str(), .org = who.org, .ip = std::move(ip)};
    audit::Entry entry{
        .action = is_yes ? "device_logins.approve" : "device_logins.deny",
        .target = login.id.str(),
        .after = audit::json_of({{"name", login.name}, {"scopes", login.scopes}, {"ip", login.ip}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<Polled>> DeviceLogins::poll(
    trace::Context context, std::string device_code, std::string ip
) {
    using State = Polled::State;
    if (device_code.size() != device_code_chars) co_return Polled{.state = State::expired};
    const WallTime now = telemetry_.clock.now();
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(context, lock_login, hash_of(device_code));
    if (rows.empty()) co_return Polled{.state = State::expired};
    pg::Row row = rows[0];
    const auto id = row.id<DeviceLoginId>();
    const std::string name = row.text();
    const std::string scopes = row.text();
    const std::string state = row.text();
    const auto org = row.uuid_or_null();
    const auto user = row.uuid_or_null();
    const bool is_over = row.time() <= now;
    const auto polled_at = row.time_or_null();
    if (state == "denied") co_return Polled{.state = State::denied};
    if (is_over || state == "used") co_return Polled{.state = State::expired};
    co_await transaction.run(context, note_poll, id, now);
    if (state == "open") {
        co_await transaction.commit(context);
        const bool is_hasty = polled_at && now - *polled_at < poll_every;
        co_return Polled{.state = is_hasty ? State::too_often : State::pending};
    }
    // Used up before the key is made: whoever has the code gets one key at most.
    co_await transaction.run(context, use_login, OrgId{*org}, id);
    co_await transaction.commit(context);
    const UserId owner{*user};
    audit::Actor actor{.name = owner.str(), .org = OrgId{*org}, .ip = std::move(ip)};
    co_return Polled{
        .state = State::given,
        .key = ACME_TRY(co_await keys_.create(
            context, std::move(actor), owner, OrgId{*org}, key_for(name, scopes)
        )),
    };
}

Task<> DeviceLogins::sweep(trace::Context context) {
    co_await db_.run(context, sweep_logins, telemetry_.clock.now() - std::chrono::days(1));
}

}  // namespace acme::tokens
