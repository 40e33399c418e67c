#pragma once

/// JSON Web Tokens in compact form, RS256 and nothing else. Sources: RFC 7515, RFC 7519, RFC 8725,
/// RFC 9068.

#include "base/clock.hpp"
#include "platform/tokens/rsa.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::tokens {

inline constexpr std::size_t token_bytes_max = 4096;

/// An access token's claims.
struct Claims {
    std::string issuer;
    std::string audience;
    std::string subject;  // also client_id
    std::string org;
    std::string scope;
    std::string id;  // jti
    WallTime issued_at;
    WallTime expires_at;
};

/// What of a token is to be signed: header and claims, with a dot between.
std::string to_be_signed(const Claims& claims, std::string_view key_id);

std::string with_signature(std::string text, std::string_view signature);

/// A token taken apart, of which nothing has been verified.
struct Parts {
    std::string key_id;  // "" when it names none
    std::string type;    // in lower case, "at+jwt"
    std::string issuer;
    std::vector<std::string> audiences;
    std::string subject;
    std::string org;
    std::string scope;
    std::string id;
    WallTime issued_at;  // the epoch when it says nothing
    WallTime expires_at;
    std::string text;  // that was signed
    std::string signature;
};

/// nullopt for whatever is no JWS in compact form with RS256 and an object for claims, asks for
/// extensions ("crit"), names a field twice, or is longer than token_bytes_max.
std::optional<Parts> take_apart(std::string_view token);

/// "{"kty":"RSA","n":…,"e":…}" as somebody gives it; nullopt for another kind and another size, and
/// for one with the private half in it.
std::optional<RsaKey> parse_jwk(std::string_view json);

/// As JSON, with kid, alg and use.
std::string to_jwk(const RsaKey& key);

}  // namespace acme::tokens
