#pragma once

/// Second factors of users: codes of an authenticator app, recovery codes, and, in passkeys.hpp,
/// passkeys. The room owns the tables credentials_totp and recovery_codes
/// (sql/202611291509_factors.sql).
///
/// Recovery codes come with the first factor and go with the last one.

#include "base/result.hpp"
#include "base/seal.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"
#include "platform/factors/recovery.hpp"
#include "platform/factors/steps.hpp"
#include "platform/factors/webauthn.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::factors {

inline constexpr std::chrono::minutes enrolment_life{15};  // from the secret to its first code

/// Wrong codes of a user, from everywhere. Three of a million are good at any time, so who has the
/// password gets in with one chance in three thousand a day. The other factors cannot be guessed,
/// and are not held up.
inline constexpr std::int64_t totp_tries_max = 100;
inline constexpr std::chrono::hours totp_tries_window{24};

/// What a user has turned on.
struct State {
    std::optional<WallTime> totp_since = std::nullopt;
    std::int64_t passkeys = 0;
    std::int64_t recovery_codes_left = 0;

    bool is_on() const { return totp_since.has_value() || passkeys > 0; }
};

/// What somebody brings. `method` is one of methods_of().
struct Presented {
    std::string method;
    std::string code = "";
    std::optional<Assertion> assertion = std::nullopt;  // of "webauthn", which Passkeys passes
};

/// "totp", "webauthn", "recovery", as on the wire; those that a user has.
std::vector<std::string_view> methods_of(const State& state);

/// What is still to be brought by who passed the first step.
struct Step {
    std::string token;  // see Steps
    std::vector<std::string_view> methods;
};

/// Every function throws pg::Fault when the database is out of reach.
class Factors {
public:
    /// `secret_keys` is SECRET_KEY as given; this has keys of its own out of it. `issuer` is what
    /// apps show beside the address.
    Factors(pg::Database& db, const Secret& secret_keys, std::string issuer, Telemetry& telemetry);

    /// A transaction, for whoever does more with it than this room.
    Task<pg::Transaction> begin(trace::Context context);

    Task<State> state_of(trace::Context context, UserId user);

    /// nullopt for a user without a second factor: nothing more is to be brought.
    Task<std::optional<Step>> ask(trace::Context context, Passed passed);

    /// Errors: factors.token_invalid (unauthenticated).
    Result<Passed> passed_by(std::string_view token, Use use) const {
        return steps_.read(token, use);
    }

    /// A secret that is asked for nowhere until confirm_totp(); a second one takes its place.
    /// Errors: factors.totp_on (conflict).
    struct Enrolment {
        Secret secret;
        std::string uri;  // for a QR code; holds the secret
    };
    Task<Result<Enrolment>> begin_totp(trace::Context context, UserId user, std::string email);

    /// With the first code of the app. Recovery codes, to be shown once, if this is the first
    /// factor; else none. Errors: factors.code_wrong (invalid); factors.totp_not_begun (conflict),
    /// also when it took too long.
    Task<Result<std::vector<std::string>>> confirm_totp(
        trace::Context context, audit::Actor actor, UserId user, std::string code
    );

    /// Errors: factors.totp_off (not_found).
    Task<Result<>> remove_totp(trace::Context context, audit::Actor actor, UserId user);

    /// In place of those there are. Errors: factors.none_on (conflict).
    Task<Result<std::vector<std::string>>> renew_recovery_codes(
        trace::Context context, audit::Actor actor, UserId user
    );

    /// Whether it is right; it is used up with the commit. What is wrong is counted at once.
    /// Errors: factors.refused (unauthenticated), also for what was used before;
    /// factors.too_many_codes (rate_limited).
    Task<Result<>> pass(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        UserId user,
        Presented presented
    );

    /// After a factor came or went: recovery codes, to be shown once, for whoever has none left;
    /// none any more for whoever has no factor. In the transaction of the change, which holds the
    /// lock of factors.lock_user.
    Task<std::vector<std::string>> settle_codes(
        pg::Transaction& transaction, trace::Context context, UserId user
    );

    /// Forgets secrets that nobody confirmed for a day. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    Task<Result<>> pass_totp(
        pg::Transaction& transaction, trace::Context context, UserId user, std::string code
    );
    Task<Result<>> pass_recovery(
        pg::Transaction& transaction, trace::Context context, UserId user, std::string code
    );
    Task<State> state_in(pg::Transaction& transaction, trace::Context context, UserId user);
    Task<std::vector<std::string>> make_codes(
        pg::Transaction& transaction, trace::Context context, UserId user
    );

    pg::Database& db_;
    Seal seal_;
    RecoveryCodes recovery_;
    Steps steps_;
    std::string issuer_;
    Telemetry& telemetry_;
};

}  // namespace acme::factors
