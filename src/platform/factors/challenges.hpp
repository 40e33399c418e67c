#pragma once

/// What an authenticator signs, so that no answer of before is taken for one of today. A challenge
/// carries its own proof (chance, an end, and a MAC over both and over what it is for), so whoever
/// asks for one, and asks again, leaves nothing behind.

#include "base/clock.hpp"
#include "base/seal.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::factors {

inline constexpr std::chrono::minutes challenge_life{5};

class Challenges {
public:
    /// `secret_keys` is SECRET_KEY as given; this has a key of its own out of it.
    Challenges(const Secret& secret_keys, const Clock& clock)
        : keys_(keys_for(secret_keys, "webauthn challenges v1")), clock_(clock) {}

    /// In base64url; good for challenge_life, for `about` alone: "register usr_…".
    std::string make(Random& random, std::string_view about) const;

    /// Until when it is good; nullopt for one that is not ours, too old, or about something else.
    std::optional<WallTime> expiry_of(std::string_view challenge, std::string_view about) const;

private:
    std::vector<Secret> keys_;
    const Clock& clock_;
};

}  // namespace acme::factors
