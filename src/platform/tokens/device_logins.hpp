#pragma once

/// Signing a program in on a device without a browser (RFC 8628): it shows a code, a person who is
/// signed in elsewhere types it and says yes, and the program gets an API key of that person's. The
/// room owns the table device_logins (sql/202611291520_device_logins.sql).

#include "base/identity.hpp"
#include "base/result.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/keys/keys.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::tokens {

using DeviceLoginId = Id<"dev_">;

inline constexpr std::chrono::minutes device_login_life{10};
inline constexpr std::chrono::seconds poll_every{5};  // who asks more often is told to slow down
inline constexpr std::int64_t device_key_days = 90;
inline constexpr std::size_t device_name_chars_max = 80;

/// What a program asks for.
struct DeviceWish {
    std::string name;
    std::vector<std::string> scopes;
    std::string ip;
};

/// The codes, which are there once.
struct DeviceCodes {
    std::string device;  // the program's
    std::string user;    // the person's, "BCDF-GHJK"
};

/// What a person is shown.
struct DeviceLogin {
    DeviceLoginId id;
    std::string name;
    std::string scopes;  // with blanks between
    std::string ip = "";
    WallTime created_at = {};
    WallTime expires_at = {};
};

struct Polled {
    enum class State : std::uint8_t { pending, too_often, denied, expired, given };

    State state = State::expired;
    std::optional<keys::Made> key = std::nullopt;  // when it is given, which is once
};

/// Every function throws pg::Fault when the database is out of reach.
class DeviceLogins {
public:
    DeviceLogins(pg::Database& db, keys::Keys& keys, Telemetry& telemetry)
        : db_(db), keys_(keys), telemetry_(telemetry) {}

    /// Errors: keys.invalid (invalid) for a name or scopes that no key can have.
    Task<Result<DeviceCodes>> start(trace::Context context, DeviceWish wish);

    /// Uses nothing up. `user_code` as somebody types it. Errors: tokens.no_device_login
    /// (not_found) for one that is unknown, decided already, or too old.
    Task<Result<DeviceLogin>> show(trace::Context context, std::string user_code);

    /// With what `who` is allowed the program gets a key, or it is turned away. Errors: of show().
    Task<Result<>> decide(
        trace::Context context, Identity who, std::string ip, std::string user_code, bool is_yes
    );

    /// Errors: those of keys::Keys::create(), and then the code is used up.
    Task<Result<Polled>> poll(trace::Context context, std::string device_code, std::string ip);

    /// Forgets what ended a day ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    pg::Database& db_;
    keys::Keys& keys_;
    Telemetry& telemetry_;
};

}  // namespace acme::tokens
