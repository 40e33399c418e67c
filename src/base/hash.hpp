#pragma once

/// SHA-256 and what is built on it, by OpenSSL. Digests are 32 raw bytes in a std::string; see
/// base/bytes.hpp for hex and base64url.

#include "base/secret.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace acme {

inline constexpr std::size_t sha256_bytes = 32;

std::string sha256(std::string_view bytes);

/// For what comes in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept = default;
    Sha256& operator=(Sha256&&) noexcept = default;

    void add(std::string_view bytes);

    /// The digest of everything added; begins anew.
    std::string finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Source: RFC 2104.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// A key of its own for each purpose out of one secret: `purpose` is a literal such as
/// "cursors v1". `secret` has at least 16 bytes of chance. Source: RFC 5869, without salt.
Secret hkdf_sha256(const Secret& secret, std::string_view purpose, std::size_t bytes = 32);

}  // namespace acme
