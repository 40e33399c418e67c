#pragma once

/// Secrets and signatures of webhooks, as receivers check them with any library of the standard.
/// Source: Standard Webhooks 1.0, "Symmetric" (github.com/standard-webhooks/standard-webhooks).

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>

namespace acme::webhooks {

inline constexpr std::string_view secret_prefix = "whsec_";
inline constexpr std::size_t secret_bytes = 32;

/// "whsec_" and base64 of 32 bytes of chance.
Secret make_secret(Random& random);

/// "v1,…": HMAC-SHA256 of "id.seconds.body" in base64. `secret` is one that make_secret() made;
/// throws std::invalid_argument for another.
std::string signature_of(
    const Secret& secret, std::string_view id, WallTime at, std::string_view body
);

/// Seconds since 1970, as the header webhook-timestamp has them.
std::string timestamp_of(WallTime at);

}  // namespace acme::webhooks
