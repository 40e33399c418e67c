#pragma once

/// The keys that sign access tokens (SEC-5). The room owns the table signing_keys
/// (sql/202611291200_service_accounts.sql).
///
/// A key is `next` until its active_at, so that whoever keeps a copy of the published keys has it
/// before it signs; `active` until the next one is; `retiring` as long as a token of its can be
/// good; then it is gone. The states follow from the times alone, on every node alike. The private
/// key is kept encrypted, and is in the clear only in the memory of a node that signs.

#include "base/result.hpp"
#include "base/seal.hpp"
#include "io/loop/loop.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"
#include "platform/tokens/rsa.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::tokens {

inline constexpr std::chrono::hours token_life{24};
inline constexpr std::chrono::hours announced_for{24};  // as next
inline constexpr std::chrono::days active_for{90};
inline constexpr std::chrono::minutes retires_later_by{5};        // than its last token ends
inline constexpr std::chrono::milliseconds keys_known_for{1000};  // then PostgreSQL is asked again
inline constexpr std::chrono::milliseconds look_again_after{100
};  // for a key that is not among them

enum class KeyState : std::uint8_t { next, active, retiring, gone };

std::string_view name_of(KeyState state);

struct SigningKey {
    std::string id;
    std::string public_jwk = "";
    KeyState state = KeyState::next;
    WallTime created_at = {};
    WallTime active_at = {};
};

/// Sets the state of each. `keys` are in the order of active_at, those that were dropped not among
/// them.
void set_states(std::vector<SigningKey>& keys, WallTime now);

/// When the next key shall be made: nullopt for not yet, else from when it is active.
std::optional<WallTime> next_due(const std::vector<SigningKey>& keys, WallTime now);

/// Every function throws pg::Fault when the database is out of reach.
class SigningKeys {
public:
    /// `secret_keys` is SECRET_KEY as given; this has keys of its own out of it.
    SigningKeys(Loop& loop, pg::Database& db, const Secret& secret_keys, Telemetry& telemetry);

    /// Next, active and retiring ones, oldest first.
    Task<std::vector<SigningKey>> list(trace::Context context);

    /// Makes the first key, and the next one when it is time. Twice, or on three nodes at once:
    /// one.
    Task<Result<>> keep(trace::Context context);

    /// A successor before its time, announced as any other. With `now` it is active at once, and
    /// the present keys are dropped: every token that they have signed ends within a second.
    /// Errors: tokens.next_key_waits (conflict) without `now` while there is a successor already;
    /// those of Loop::blocking().
    Task<Result<>> rotate(trace::Context context, audit::Actor actor, bool now);

    /// `to_sign` is given the id of the active key, and tells what is signed with it. Makes the
    /// first key if there is none yet. Errors: those of Loop::blocking(), tokens.no_key
    /// (unavailable) when the key cannot be read.
    Task<Result<std::string>> sign(
        trace::Context context, std::function<std::string(std::string_view key_id)> to_sign
    );

    /// The key of that id, if what it has signed may be good. Asks PostgreSQL once a second at
    /// most, whatever ids it is asked for.
    Task<std::optional<RsaKey>> find(trace::Context context, std::string id);

    /// Removes those that are gone. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    struct Known {
        std::string id;
        RsaKey key;
    };

    Task<Result<>> add(
        pg::Transaction& transaction, trace::Context context, audit::Actor actor, WallTime active_at
    );
    Task<> look(trace::Context context);
    const RsaKey* known(std::string_view id) const;
    Task<std::optional<Known>> active(trace::Context context);

    Loop& loop_;
    pg::Database& db_;
    Seal seal_;
    Telemetry& telemetry_;
    std::vector<Known> known_;  // active and retiring
    std::optional<SteadyTime> looked_at_;
    std::optional<Known> signer_;  // with the private half
};

}  // namespace acme::tokens
