#pragma once

/// Passwords: argon2id (19,456 KiB, 2 passes, 1 lane), and the hash sealed with a key that is not
/// in the database. The room owns the table credentials_password. Source: OWASP, "Password
/// storage".

#include "base/result.hpp"
#include "base/seal.hpp"
#include "base/task.hpp"
#include "platform/accounts/accounts.hpp"

#include <string>

namespace acme {
class Loop;
}

namespace acme::accounts {

inline constexpr std::size_t password_chars_min = 10;
inline constexpr std::size_t password_bytes_max = 1024;

/// What is wrong with a new password, under `pointer`: accounts.password_too_short,
/// accounts.password_too_long, accounts.password_common. `email` must not be the password.
std::optional<FieldError> problem_of_password(
    std::string_view password, std::string_view email, std::string pointer
);

class Passwords {
public:
    /// `secret_keys` is SECRET_KEY as given; the seal has a key of its own out of it.
    Passwords(
        Loop& loop,
        pg::Database& db,
        Accounts& accounts,
        const Secret& secret_keys,
        Telemetry& telemetry
    );

    struct Owner {
        UserId user;
        std::int64_t token_epoch;  // when the password was read: see Sessions::begin()
    };

    /// Whose password it is. Takes as long for an address that nobody has, or that has no
    /// password. Errors: accounts.credentials_wrong (unauthenticated), also for a user who is
    /// disabled; loop.busy (unavailable).
    Task<Result<Owner>> verify(trace::Context context, std::string email, Secret password);

    /// What store() takes. Errors: loop.busy (unavailable).
    Task<Result<std::string>> hash(UserId user, Secret password);
    Task<> store(
        pg::Transaction& transaction, trace::Context context, UserId user, std::string sealed
    );

    /// Whether the user has a password.
    Task<bool> has_one(pg::Transaction& transaction, trace::Context context, UserId user);

    /// What create() takes. Made before its transaction, for it takes long, and a transaction holds
    /// a connection. Errors: accounts.invalid for a user, or a password, that breaks the rules;
    /// loop.busy (unavailable).
    Task<Result<Secret>> hash_for(NewUser user, Secret password);

    /// A user with the password of hash_for(). Errors: those of Accounts::create().
    Task<Result<User>> create(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        NewUser user,
        Secret hash
    );

    /// Whether `hash` of hash_for() is this password's. Errors: loop.busy (unavailable).
    Task<Result<bool>> matches(std::string hash, Secret password);

    /// Both in a transaction of its own.
    Task<Result<User>> create(
        trace::Context context, audit::Actor actor, NewUser user, Secret password
    );

    /// Ends all sessions of the user. `current` may be anything while there is no password yet.
    /// Errors: accounts.password_wrong, also when it was changed meanwhile; accounts.invalid
    /// (invalid); loop.busy (unavailable).
    Task<Result<>> change(
        trace::Context context, audit::Actor actor, UserId user, Secret current, Secret next
    );

private:
    Loop& loop_;
    pg::Database& db_;
    Accounts& accounts_;
    Seal seal_;
    Telemetry& telemetry_;
};

}  // namespace acme::accounts
