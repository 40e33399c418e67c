#pragma once

/// Idempotency-Key: an unsafe request that is repeated happens once (C-8, BEY-7).
///
/// Source: draft-ietf-httpapi-idempotency-key-header-07.

#include "io/http/router.hpp"
#include "io/pg/database.hpp"

#include <chrono>

namespace acme::idempotency {

inline constexpr std::size_t key_bytes_max = 255;
inline constexpr std::chrono::hours kept_for{24};

/// What a request has taken with its key.
struct Claim {
    std::string key = "";                                 // "": none was sent, nothing is kept
    std::string fingerprint = "";                         // of method, target and payload
    std::optional<http::Response> replay = std::nullopt;  // the answer, if it was given already
};

/// Whether a request may come without a key.
enum class Need : std::uint8_t { optional, required };

class Idempotency {
public:
    Idempotency(pg::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

    /// Comes first in the transaction of the effect, and holds the key until that ends. `payload`
    /// is the body, or a digest of it. The caller is signed in: keys belong to a user in an
    /// organization. Errors: http.key_required (400), idempotency.key_malformed (invalid),
    /// idempotency.in_progress (conflict) while another request holds the key,
    /// idempotency.other_payload (invalid) for a key that was used for something else.
    Task<Result<Claim>> claim(
        pg::Transaction& transaction,
        const http::Call& call,
        std::string payload,
        Need need = Need::optional
    );

    /// Comes last before commit(). `response` has no source, for what is streamed cannot be kept.
    Task<> keep(
        pg::Transaction& transaction,
        const http::Call& call,
        const Claim& claim,
        const http::Response& response
    );

    /// Removes some thousand answers that are older than kept_for; false when none is left. Safe
    /// twice: it asks only for the age.
    Task<bool> sweep(trace::Context context);

private:
    pg::Database& db_;
    const Clock& clock_;
};

}  // namespace acme::idempotency
