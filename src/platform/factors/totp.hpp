#pragma once

/// Codes of authenticator apps: HMAC-SHA-1, six digits, thirty seconds, which is what every app
/// knows. Pure. Source: RFC 6238, RFC 4226.

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme::factors {

inline constexpr std::size_t totp_secret_bytes = 20;  // RFC 4226, 4 R6
inline constexpr std::size_t totp_digits = 6;
inline constexpr std::chrono::seconds totp_period{30};
inline constexpr std::int64_t totp_steps_around = 1;  // that a clock may be wrong by

std::int64_t totp_step_at(WallTime time);

/// Six digits.
std::string totp_code(const Secret& secret, std::int64_t step);

/// The step that this is the code of, around `now` and later than `last`: a code is good once.
std::optional<std::int64_t> totp_step_of(
    const Secret& secret, std::string_view code, WallTime now, std::int64_t last
);

/// Without padding, as apps take it. Source: RFC 4648, 6.
std::string to_base32_rfc4648(std::string_view bytes);

/// What a QR code tells an app. Source: github.com/google/google-authenticator, "Key Uri Format".
std::string totp_uri(const Secret& secret, std::string_view issuer, std::string_view account);

}  // namespace acme::factors
