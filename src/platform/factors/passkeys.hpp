#pragma once

/// Passkeys of users: a second factor, and a way to sign in without a password where the
/// authenticator has made sure who holds it. The room owns the tables credentials_webauthn and
/// used_challenges (sql/*_passkeys*.sql).

#include "base/ids.hpp"
#include "platform/factors/challenges.hpp"
#include "platform/factors/factors.hpp"
#include "platform/factors/webauthn.hpp"

namespace acme::factors {

using PasskeyId = Id<"psk_">;

inline constexpr std::int64_t passkeys_max = 20;  // of one user
inline constexpr std::size_t passkey_name_chars_max = 60;

struct Passkey {
    PasskeyId id;
    std::string credential_id;  // base64url
    std::string name;
    std::int64_t version = 1;
    WallTime created_at = {};
    std::optional<WallTime> last_used_at = std::nullopt;
};

/// Every function throws pg::Fault when the database is out of reach.
class Passkeys {
public:
    /// `secret_keys` is SECRET_KEY as given; challenges have a key of their own out of it.
    Passkeys(
        Party party,
        pg::Database& db,
        Factors& factors,
        const Secret& secret_keys,
        Telemetry& telemetry
    );

    const Party& party() const { return party_; }

    /// Errors: factors.no_passkeys (conflict) where the platform's address has no name.
    Result<> check_possible() const;

    /// For add(), for pass() with the user and without. See Challenges.
    std::string challenge_to_add(UserId user);
    std::string challenge_of(std::optional<UserId> user);

    /// Newest first; there are passkeys_max at most.
    Task<std::vector<Passkey>> list(trace::Context context, UserId user);

    /// Errors: factors.passkey_not_found, also for somebody else's.
    Task<Result<Passkey>> find(trace::Context context, UserId user, PasskeyId id);

    struct Added {
        Passkey passkey;
        std::vector<std::string> recovery_codes;  // to be shown once; none unless it is the first
    };

    /// Errors: factors.invalid (invalid) for a name, or a credential that is not right;
    /// factors.passkey_known, factors.too_many_passkeys (conflict).
    Task<Result<Added>> add(
        trace::Context context,
        audit::Actor actor,
        UserId user,
        std::string name,
        NewCredential made
    );

    /// `version` as read before. Errors: factors.invalid, http.precondition_failed.
    Task<Result<Passkey>> rename(
        trace::Context context,
        audit::Actor actor,
        UserId user,
        PasskeyId id,
        std::int64_t version,
        std::string name
    );

    /// Whether the user has one with which they can sign in alone. It stays until the transaction
    /// ends.
    Task<bool> has_one(pg::Transaction& transaction, trace::Context context, UserId user);

    /// Errors: factors.passkey_not_found.
    Task<Result<>> remove(trace::Context context, audit::Actor actor, UserId user, PasskeyId id);

    /// Whose it is, if it is `user`'s and they pressed it for a challenge of challenge_of(user),
    /// which is used up with the commit. Without a user the authenticator has to have made sure who
    /// holds it. Errors: factors.refused (unauthenticated).
    Task<Result<UserId>> pass(
        pg::Transaction& transaction,
        trace::Context context,
        std::string ip,
        std::optional<UserId> user,
        Assertion assertion
    );

    /// Forgets challenges that are too old to be brought again. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    Task<bool> use_up(
        pg::Transaction& transaction,
        trace::Context context,
        std::optional<std::string> challenge,
        std::string about
    );

    Party party_;
    pg::Database& db_;
    Factors& factors_;
    Challenges challenges_;
    Telemetry& telemetry_;
};

}  // namespace acme::factors
