#pragma once

/// Proofs that somebody reads the mail of an address: a link and a code of eight digits, either of
/// which will do, once. The room owns the table email_proofs.
///
/// Link and code are computed: see mail_secrets.hpp. The token is in the fragment of the address,
/// which browsers do not send: opening the link, or a mail scanner that does, consumes nothing.

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/accounts/mail_secrets.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::accounts {

using ProofId = Id<"prf_">;

enum class ProofKind : std::uint8_t { sign_up, reset };

constexpr std::string_view name_of(ProofKind kind) {
    return kind == ProofKind::sign_up ? "sign_up" : "reset";
}

constexpr std::chrono::hours life_of(ProofKind kind) {
    return std::chrono::hours(kind == ProofKind::sign_up ? 24 : 1);
}

inline constexpr int code_attempts_max = 5;   // at all codes of an address together
inline constexpr int mails_per_hour_max = 5;  // to one address, of one kind

struct Proof {
    ProofId id;
    ProofKind kind = ProofKind::sign_up;
    std::string email;
    std::string name;
    std::optional<std::string> sealed = std::nullopt;
};

/// Every function throws pg::Fault when the database is out of reach.
class Proofs {
public:
    /// `secret_keys` is SECRET_KEY as given; this has keys of its own out of it.
    Proofs(pg::Database& db, const Secret& secret_keys, Telemetry& telemetry);

    /// Of a valid address. `hash` is the password's of somebody who signs up.
    Task<ProofId> add(
        pg::Transaction& transaction,
        trace::Context context,
        ProofKind kind,
        std::string email,
        std::string name = "",
        std::optional<Secret> hash = std::nullopt
    );

    struct Told {
        std::string email;  // in lower case, without blanks around it
        std::string token;
        std::string code;
    };

    /// For its mail. From now on it is good; twice says the same. nullopt when it is used or too
    /// old, or when mails_per_hour_max were told already.
    Task<std::optional<Told>> tell(trace::Context context, ProofKind kind, std::string id);

    /// Consumes nothing but an attempt at the codes of that address. Errors: accounts.proof_invalid
    /// (unauthenticated) for one that is wrong, used, too old, or was tried too often.
    Task<Result<Proof>> find(trace::Context context, ProofKind kind, Brought brought);

    /// Uses it up, and with it all others of this kind and address. Errors: accounts.proof_invalid,
    /// also for the second of two at once.
    Task<Result<>> use(pg::Transaction& transaction, trace::Context context, const Proof& proof);

    /// nullopt for one without a password, or when its key is gone.
    std::optional<Secret> hash_of(const Proof& proof) const;

    /// Forgets what has expired a day ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    Task<std::vector<Proof>> find_by_token(
        trace::Context context, ProofKind kind, std::string token
    );
    Task<std::vector<Proof>> find_by_code(trace::Context context, ProofKind kind, Brought brought);

    pg::Database& db_;
    Telemetry& telemetry_;
    MailSecrets secrets_;
    Seal seal_;
};

/// What is told of any proof that is no good.
std::unexpected<Error> invalid_proof();

}  // namespace acme::accounts
