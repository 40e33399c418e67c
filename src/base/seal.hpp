#pragma once

/// Short secrets that must lie in the database: sealed with AES-256-GCM, so that whoever has a copy
/// of the database only has nothing. Source: NIST SP 800-38D.

#include "base/random.hpp"
#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// One key for each secret of SECRET_KEY (a list with commas; the first is the newest), of its own
/// for this purpose: hkdf_sha256(secret, purpose). Throws std::invalid_argument for an empty list.
std::vector<Secret> keys_for(const Secret& secret_keys, std::string_view purpose);

class Seal {
public:
    /// Seals with the first key, opens with any of them. At least one, of 32 bytes each.
    explicit Seal(std::vector<Secret> keys);

    /// "v1.<key id>.<nonce, text and tag>". `owner` is not in it, but has to be the same for
    /// open(): what was sealed for one row cannot be moved to another.
    std::string close(Random& random, std::string_view text, std::string_view owner) const;

    /// nullopt for what none of the keys has sealed for this owner.
    std::optional<Secret> open(std::string_view sealed, std::string_view owner) const;

    /// Sealed with another key than the first: to be sealed again when there is an occasion.
    bool is_outdated(std::string_view sealed) const;

private:
    struct Key {
        std::string id;  // 8 hex digits of its digest
        Secret key;
    };

    std::vector<Key> keys_;
};

}  // namespace acme
