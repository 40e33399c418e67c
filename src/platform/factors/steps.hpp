#pragma once

/// The first step of a sign-in, as a token that its browser keeps until the second one: who proved
/// what, and until when that holds. It signs nobody in. Nothing of it is stored.

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::factors {

inline constexpr std::chrono::minutes step_life{5};
inline constexpr std::size_t step_token_chars_max = 400;

/// What the second step is for: a token of one is none of the other.
enum class Use : std::uint8_t { sign_in, reset };

/// Who proved the first thing.
struct Passed {
    UserId user;
    std::int64_t token_epoch = 0;  // of the user, when they did: see Sessions::begin()
    std::string method;            // "password": what the session will say; without blanks
    Use use = Use::sign_in;
};

class Steps {
public:
    /// `secret_keys` is SECRET_KEY as given; this has a key of its own out of it.
    Steps(const Secret& secret_keys, const Clock& clock)
        : keys_(keys_for(secret_keys, "mfa tokens v1")), clock_(clock) {}

    /// Good for step_life.
    std::string token_of(const Passed& passed) const;

    /// Errors: factors.token_invalid (unauthenticated) for one that is forged, too old or of
    /// another use.
    Result<Passed> read(std::string_view token, Use use) const;

private:
    std::vector<Secret> keys_;
    const Clock& clock_;
};

}  // namespace acme::factors
