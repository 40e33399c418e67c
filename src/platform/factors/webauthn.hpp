#pragma once

/// What browsers and authenticators say when a passkey is made or used, checked. Pure; parsing and
/// signatures are libfido2's. Source: W3C Web Authentication Level 3, 7.1 and 7.2.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme::factors {

/// Of COSE (RFC 9053): the passkeys that are taken.
inline constexpr int algorithm_es256 = -7;
inline constexpr int algorithm_eddsa = -8;
inline constexpr int algorithm_rs256 = -257;

/// Whom a passkey is made for. `id` is the name of the host; "" where it has none, only numbers:
/// browsers have no passkeys there.
struct Party {
    std::string id;
    std::string origin;  // "https://app.example.com"

    static Party of_url(std::string_view url);
};

/// The challenge that a browser says was answered; nullopt for anything that it did not do here:
/// `type` is "webauthn.create" or "webauthn.get".
std::optional<std::string> challenge_in(
    std::string_view client_data, std::string_view type, const Party& party
);

/// A passkey that was made. Who made it is not asked (attestation "none").
struct NewCredential {
    std::string id;                  // base64url
    std::string client_data;         // the JSON as it was signed
    std::string authenticator_data;  // bytes
};

struct Credential {
    int algorithm = 0;
    std::string public_key;  // bytes, as check() takes them
    std::int64_t sign_count = 0;
    bool knows_holder = false;  // the authenticator has made sure who holds it
};

/// nullopt unless it is of this party, by somebody who was present, and of a known algorithm.
std::optional<Credential> read_credential(const NewCredential& made, const Party& party);

/// A passkey that was used.
struct Assertion {
    std::string id;                  // base64url
    std::string client_data;         // the JSON as it was signed
    std::string authenticator_data;  // bytes
    std::string signature;           // bytes
    std::string user_handle = "";    // bytes; not every authenticator keeps it
};

/// The new sign_count; nullopt unless it is of this party, signed by this key, by somebody who was
/// present and, where it matters, known to the authenticator, which counted on if it counts.
std::optional<std::int64_t> check(
    const Assertion& assertion,
    const Credential& credential,
    const Party& party,
    bool needs_verification
);

}  // namespace acme::factors
