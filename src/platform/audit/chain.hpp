#pragma once

/// The chain of seals: made a moment after the entries, by one sealer at a time.

#include "platform/audit/entries.hpp"

#include <cstdint>

namespace acme::audit {

/// The hash before the first one.
inline constexpr std::string_view first_hash =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// How far a chain reached: what is kept elsewhere, so that no end of it can be cut off unseen.
struct Anchor {
    std::int64_t position = 0;
    std::string hash{first_hash};

    /// "17:9f86d0…", 64 hex digits. nullopt for anything else.
    static std::optional<Anchor> parse(std::string_view text);
    std::string str() const { return std::to_string(position) + ":" + hash; }
};

/// SHA-256 in hex of the hash before it and of everything in the entry.
std::string hash_of(std::string_view prev_hash, const Stored& entry);

/// Chains what has been committed since the last time, at most 500 entries; whether there were any.
/// All of them or none, so that a sealer that dies leaves a chain which fits. An entry that is
/// committed late is sealed late, however old its id is. Twice, or by two at once: each is sealed
/// once.
Task<bool> seal(pg::Database& db, trace::Context context);

}  // namespace acme::audit
