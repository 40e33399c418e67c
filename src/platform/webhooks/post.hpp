#pragma once

/// One attempt: a signed POST, and what came of it.

#include "base/secret.hpp"
#include "io/fetch/fetch.hpp"
#include "platform/webhooks/retry.hpp"

#include <string>
#include <vector>

namespace acme::webhooks {

inline constexpr std::chrono::milliseconds attempt_time_max{15'000};  // of the whole
inline constexpr std::chrono::milliseconds connect_time_max{10'000};
inline constexpr std::chrono::milliseconds body_time_max{2'000
};  // while its next bytes are awaited
inline constexpr std::size_t response_bytes_max = 4096;  // kept of a body

/// Signed, for one attempt.
struct Message {
    std::string url;
    std::string id;          // webhook-id
    WallTime at;             // webhook-timestamp
    std::string signatures;  // webhook-signature; "" without any secret
    std::string body;        // JSON
};

/// With one signature for each secret.
Message sign(
    std::string url,
    std::string id,
    std::string body,
    WallTime at,
    const std::vector<Secret>& secrets
);

struct Posted {
    Outcome outcome = Outcome::delivered;
    int status = 0;  // 0: there was no answer
    std::string response = "";
    std::optional<std::chrono::seconds> retry_after = std::nullopt;  // with 429 and 503
    WallTime at = {};
    std::chrono::milliseconds duration{0};
};

/// `client` asks may_connect() of each address. Nothing is sent without a signature:
/// Outcome::unsealed. A response is kept without what looks like a secret. Throws fetch::Fault only
/// when the client was closed, and when too much is under way.
Task<Posted> post(
    trace::Context context, fetch::Client& client, Telemetry& telemetry, Message message
);

/// The options of that client, which is for nothing else.
fetch::Options fetch_options(fetch::MayConnect may_connect);

}  // namespace acme::webhooks
