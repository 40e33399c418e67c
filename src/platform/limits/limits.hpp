#pragma once

/// Counts requests against the quota of whoever sends them, and says so in each answer.
///
/// | key | what it is |
/// |---|---|
/// | `rl:{<user>}` | seconds of Redis' clock, and how many requests passed in each |
/// | `rl:{ip:<mark>}` | the same of an address |
///
/// The first lies in one slot with the user's sessions. The mark of an address is a digest:
/// addresses of people are not written into keys.

#include "io/http/message.hpp"
#include "io/redis/client.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/limits/denials.hpp"
#include "platform/limits/share.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace prometheus {
class Counter;
}

namespace acme::limits {

struct Options {
    std::int64_t user_max = 600;      // of one user in one window
    std::int64_t anonymous_max = 60;  // of one address from which nobody is signed in
    std::chrono::seconds window{60};
    std::int64_t threads = 1;           // of this node, which divide its share
    std::size_t denials_max = 100'000;  // and both are of this thread
    std::size_t shares_max = 20'000;
};

enum class Policy : std::uint8_t { user, anonymous, key };
enum class Mode : std::uint8_t { redis, cached, local };

/// "user", "anonymous", "key"; "redis", "cached", "local": as in headers and labels.
std::string_view name_of(Policy policy);
std::string_view name_of(Mode mode);

/// Who is counted.
struct Caller {
    Policy policy;
    std::string key;   // in Redis
    std::string mark;  // under which a refusal is remembered: of what they have shown to be theirs
    std::int64_t weight = 1;
    std::optional<std::int64_t> limit = std::nullopt;  // in place of the policy's: a key's own
};

/// `mark` is the hash of the session's cookie: a forged one is not refused in the user's name.
Caller caller_of(UserId user, std::string mark);
Caller caller_at(std::string_view address);

/// How somebody stands after a request was counted or refused.
struct Standing {
    Policy policy = Policy::user;
    Mode mode = Mode::redis;
    bool is_allowed = false;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::chrono::milliseconds reset{0};  // until more may pass
};

/// What one round trip brought.
struct Counted {
    std::optional<std::string> companion;
    std::optional<Standing> standing;  // none: not counted, for the companion was not alive
};

class Limits {
public:
    Limits(Options options, redis::Client& redis, Telemetry& telemetry);

    /// What Redis said a moment ago and must say again: that they are refused.
    std::optional<Standing> refused(const Caller& caller);

    /// Counts, unless a `companion` is named and that key holds nothing or "-"; reads that key in
    /// the same round trip. nullopt: Redis is silent, and nothing was counted.
    Task<std::optional<Counted>> ask(
        trace::Context context, Caller caller, std::string companion = ""
    );

    /// While Redis is silent: by this thread's share.
    Standing count_here(const Caller& caller);

    /// All three, in this order, for whom there is nothing else to read.
    Task<Standing> count(trace::Context context, Caller caller);

    /// How many nodes live, this one included.
    void set_nodes(std::int64_t nodes) { share_->set_nodes(clock_.steady(), nodes); }

    /// RateLimit-Policy and RateLimit. Source: draft-ietf-httpapi-ratelimit-headers.
    void tell(const Standing& standing, http::HeaderList& headers) const;

    /// limits.exceeded (429), with Retry-After. `path` is the request's.
    static http::Response refusal(
        const Standing& standing, std::string_view path, const trace::Trace& trace
    );

private:
    Quota quota_of(const Caller& caller) const;
    Standing standing_of(const Caller& caller, Mode mode, const Verdict& verdict);
    Standing judge(const Caller& caller, const Verdict& told, std::int64_t known, SteadyTime asked);
    void count_decision(const Standing& standing);

    Options options_;
    redis::Client& redis_;
    Metrics& metrics_;
    const Clock& clock_;
    std::shared_ptr<Share> share_;  // late replies outlive us
    Denials denials_;
    std::array<prometheus::Counter*, 18> decisions_{};  // by policy, mode and result
};

}  // namespace acme::limits
