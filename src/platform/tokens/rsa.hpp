#pragma once

/// RSA keys of exactly 4096 bits and RS256 signatures, by OpenSSL. Other sizes and types are
/// refused where a key comes in (SEC-5). Sources: RFC 7517, RFC 7518 (3.3 and 6.3), RFC 7638.

#include "base/secret.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace acme::tokens {

inline constexpr int rsa_bits = 4096;

/// The numbers of a public key, base64url, as they stand in a JWK.
struct PublicNumbers {
    std::string modulus;   // "n"
    std::string exponent;  // "e"
};

class RsaKey {
public:
    /// Takes half a second to four seconds: never on the loop.
    static RsaKey generate();

    /// nullopt for what is no RSA key of 4096 bits.
    static std::optional<RsaKey> of_pem(const Secret& pem);
    static std::optional<RsaKey> of_public(const PublicNumbers& numbers);
    static std::optional<RsaKey> of_public_pem(std::string_view pem);

    /// PKCS #8. Only of a key that has its private half.
    Secret pem() const;

    PublicNumbers numbers() const;

    /// The thumbprint of RFC 7638, which serves as the key's id.
    std::string thumbprint() const;

    /// RS256. Takes one to five milliseconds: never on the loop.
    std::string sign(std::string_view text) const;

    /// Takes less than a tenth of a millisecond.
    bool has_signed(std::string_view text, std::string_view signature) const;

private:
    explicit RsaKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

    std::shared_ptr<evp_pkey_st> key_;  // OpenSSL's keys are safe to share between threads
};

}  // namespace acme::tokens
