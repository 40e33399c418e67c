#pragma once

/// Between leaving for a provider and coming back: what only this browser may bring back. It lies
/// in a cookie, sealed, for ten minutes; nothing is kept here. Sources: RFC 6749, 10.12; RFC 7636;
/// RFC 9700, 4.7.

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/seal.hpp"
#include "io/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::identities {

inline constexpr std::chrono::minutes flight_time_max{10};

struct Flight {
    std::string provider;
    std::string state;
    std::string nonce;
    std::string verifier;  // PKCE: whoever has only the code can do nothing with it
    std::string next;      // is_own_path()
    std::optional<UserId> user = std::nullopt;  // who connects; none: somebody signs in
    WallTime expires_at;
};

/// base64url(SHA-256), S256 of RFC 7636.
std::string challenge_of(std::string_view verifier);

class Flights {
public:
    /// `is_secure`: see sessions::Cookie. `keys` are keys_for(SECRET_KEY, "flights v1").
    Flights(bool is_secure, std::vector<Secret> keys)
        : is_secure_(is_secure), seal_(std::move(keys)) {}

    std::string_view cookie_name() const {
        return is_secure_ ? "__Host-acme_flight" : "acme_flight";
    }

    static Flight begin(
        std::string provider,
        std::string next,
        std::optional<UserId> user,
        WallTime now,
        Random& random
    );

    /// Values of the header Set-Cookie. Lax: the browser comes back from another site.
    std::string set(const Flight& flight, Random& random) const;
    std::string clear() const;

    /// nullopt for none, a forged one, and one that is too old.
    std::optional<Flight> read(const http::Request& request, WallTime now) const;

private:
    std::string attributes(std::string_view value, std::chrono::seconds life) const;

    bool is_secure_;
    Seal seal_;
};

}  // namespace acme::identities
