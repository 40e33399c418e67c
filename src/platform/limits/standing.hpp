#pragma once

/// How somebody stands after a request was counted or refused, and how the answer says so.
/// Source: draft-ietf-httpapi-ratelimit-headers.

#include "io/http/message.hpp"
#include "io/telemetry/trace.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace acme::limits {

enum class Policy : std::uint8_t { user, anonymous, key, org };
enum class Mode : std::uint8_t { redis, cached, local };

/// "user", "anonymous", "key", "org"; "redis", "cached", "local": as in headers and labels.
std::string_view name_of(Policy policy);
std::string_view name_of(Mode mode);

/// Of one quota.
struct Level {
    Policy policy = Policy::user;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::chrono::milliseconds reset{0};  // until more may pass; if exceeded, until this may
    bool is_exceeded = false;
};

struct Standing {
    Mode mode = Mode::redis;
    bool is_allowed = false;
    std::vector<Level> levels = {
    };  // the caller's own first; of a refusal at least what is exceeded

    /// Until it may pass: until nothing is exceeded.
    std::chrono::milliseconds wait() const;
};

/// RateLimit-Policy and RateLimit.
void tell(const Standing& standing, std::chrono::seconds window, http::HeaderList& headers);

/// limits.exceeded (429), with Retry-After. `path` is the request's.
http::Response refusal(const Standing& standing, std::string_view path, const trace::Trace& trace);

}  // namespace acme::limits
