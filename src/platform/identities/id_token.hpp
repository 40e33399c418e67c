#pragma once

/// What must be true of an ID token before we believe it. Sources: OpenID Connect
/// Core 1.0, 3.1.3.7; RFC 8725.

#include "base/clock.hpp"
#include "platform/identities/key_set.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace acme::identities {

inline constexpr std::size_t id_token_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t subject_bytes_max = 255;
inline constexpr std::chrono::seconds clocks_differ_max{60};

/// Whom a provider means, in its words.
struct Person {
    std::string subject;
    std::string email = "";  // when it says none
    bool is_email_verified = false;
    std::string name = "";  // when it says none
};

struct Expected {
    std::string_view issuer;
    std::string_view client_id;
    std::string_view nonce;
    WallTime now;
};

/// Why a token is not believed: for logs, never for whoever brings it.
enum class Flaw : std::uint8_t {
    malformed,  // no JWS in compact form, too long, a field twice, "crit", another "typ"
    algorithm,  // none of ours
    unknown_key,
    signature,
    issuer,
    audience,  // `aud` does not name us, or `azp` somebody else
    time,      // has ended, has no end, or was made in the future
    nonce,
    subject,  // none, or too long
};

std::string_view name_of(Flaw flaw);

/// Times may differ by clocks_differ_max.
std::expected<Person, Flaw> verify_id_token(
    std::string_view token, const KeySet& keys, const Expected& expected
);

/// What the userinfo endpoint says; nullopt for what is no such answer, or is of somebody else than
/// `subject`. Source: OpenID Connect Core 1.0, 5.3.2.
std::optional<Person> parse_userinfo(std::string_view json, std::string_view subject);

}  // namespace acme::identities
