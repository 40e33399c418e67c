#pragma once

/// When a delivery is tried again, and when a webhook is given up. Pure.

#include "base/clock.hpp"
#include "base/random.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace acme::webhooks {

/// Before each try, after the one before it; together a little over three days. Source: Standard
/// Webhooks 1.0, "Deliverability and reliability".
inline constexpr std::array<std::chrono::seconds, 10> pauses{
    std::chrono::seconds(0),
    std::chrono::seconds(5),
    std::chrono::minutes(5),
    std::chrono::minutes(30),
    std::chrono::hours(2),
    std::chrono::hours(5),
    std::chrono::hours(10),
    std::chrono::hours(14),
    std::chrono::hours(20),
    std::chrono::hours(24),
};

/// Without one success in between; then a webhook is disabled.
inline constexpr std::chrono::hours failing_max{72};
inline constexpr std::chrono::hours retry_after_max{24};

/// After `tries` that failed, from 1: the pause, times 1 to 1.2, so that what failed together does
/// not come back together. nullopt: that was the last.
std::optional<std::chrono::milliseconds> pause_after(int tries, Random& random);

/// Retry-After, from 0 to retry_after_max: seconds, or a date. nullopt for what is neither. Source:
/// RFC 9110, 10.2.3.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view header, WallTime now);

/// What became of one attempt.
enum class Outcome : std::uint8_t {
    delivered,    // 2xx
    gone,         // 410: the webhook is to be disabled
    redirected,   // 3xx, which is not followed
    refused,      // another status
    unreachable,  // no such name, no connection
    forbidden,    // every address of the name is one that may_connect() refuses
    insecure,     // the certificate is not to be trusted
    timed_out,    // no answer within 15 s
    broken_off,   // the answer ended early, or is no HTTP
    unsealed,     // nothing was sent: no key of SECRET_KEY opens the secret that signs
};

/// As on the wire and in the database.
std::string_view name_of(Outcome outcome);

Outcome outcome_of(int status);

}  // namespace acme::webhooks
