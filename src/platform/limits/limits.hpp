#pragma once

/// Counts requests against the quota of whoever sends them and against that of their organization.
///
/// | key | what it is |
/// |---|---|
/// | `rl:{<user>}` | seconds of Redis' clock, and how many requests passed in each |
/// | `rl:{org:<organization>}` | the same of all who belong to an organization |
/// | `rl:{ip:<mark>}` | the same of an address |
///
/// The first lies in one slot with the user's sessions. The mark of an address is a digest:
/// addresses of people are not written into keys.

#include "io/redis/client.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/limits/denials.hpp"
#include "platform/limits/doubt.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace acme::flags {
class Flags;
}

namespace prometheus {
class Counter;
}

namespace acme::limits {

struct Options {
    std::int64_t user_max = 600;      // of one user in one window
    std::int64_t anonymous_max = 60;  // of one address from which nobody is signed in
    std::int64_t org_max = 0;         // of one organization; 0: that is not counted
    std::chrono::seconds window{60};
    std::int64_t threads = 1;           // of this node, which divide its share
    std::size_t denials_max = 100'000;  // and both are of this thread
    std::size_t shares_max = 20'000;
};

/// Who is counted.
struct Caller {
    Policy policy;
    std::string key;   // in Redis
    std::string mark;  // under which a refusal is remembered: of what they have shown to be theirs
    std::int64_t weight = 1;
    std::optional<std::int64_t> limit = std::nullopt;  // in place of the policy's: a key's own
    std::string org_key = "";  // "": they are in none, or it is not known yet in which
};

/// The key of an organization's window.
std::string key_of(OrgId org);

/// `mark` is the hash of the session's cookie: a forged one is not refused in the user's name.
Caller caller_of(UserId user, std::string mark, std::optional<OrgId> org = std::nullopt);
Caller caller_at(std::string_view address);

/// A key of Redis without which nothing is counted.
struct Companion {
    std::string key = "";
    std::string org = "";  // pattern of Lua that finds the organization in what it holds
};

/// What one round trip brought.
struct Counted {
    std::optional<std::string> companion;
    std::optional<Standing> standing;  // none: not counted, for the companion was not alive
};

class Limits {
public:
    Limits(Options options, redis::Client& redis, Telemetry& telemetry);

    /// Whose flags it heeds; they outlive it. "rate-limit-asks-again": Redis is asked each time
    /// whether somebody is still refused, so that a quota that was raised holds at once and not
    /// when the window ends; it costs a round trip a refusal.
    void heed(flags::Flags& flags) { flags_ = &flags; }

    /// What Redis said a moment ago and must say again: that they are refused. nullopt also where
    /// "rate-limit-asks-again" is on for them.
    std::optional<Standing> refused(const Caller& caller);

    /// Counts, unless a `companion` is named and that key holds nothing or "-"; reads that key in
    /// the same round trip. nullopt: Redis is silent, and nothing was counted.
    Task<std::optional<Counted>> ask(
        trace::Context context, Caller caller, Companion companion = {}
    );

    /// While Redis is silent: by this thread's share.
    Standing count_here(const Caller& caller);

    /// All three, in this order, for whom there is nothing else to read.
    Task<Standing> count(trace::Context context, Caller caller);

    /// How many nodes live, this one included.
    void set_nodes(std::int64_t nodes) { share_->set_nodes(clock_.steady(), nodes); }

    /// See limits::tell().
    void tell(const Standing& standing, http::HeaderList& headers) const {
        limits::tell(standing, options_.window, headers);
    }

private:
    bool must_ask_again(const Caller& caller) const;
    Quota quota_of(const Caller& caller) const;
    std::optional<Quota> quota_of_org(const Caller& caller) const;
    Asked tell_of(std::string key, Quota quota, SteadyTime now);
    Standing standing_of(
        const Caller& caller, Mode mode, const Verdict& own, const std::optional<Verdict>& org
    );
    Standing refusal_by(const Caller& caller, Policy policy, Mode mode, const Verdict& verdict);
    Level level_of(Policy policy, const Quota& quota, Mode mode, const Verdict& verdict);
    Standing judge(
        const Caller& caller, const Told& told, const Asked& own, const std::optional<Asked>& org
    );
    Standing deny(const Caller& caller, Standing standing, SteadyTime since);
    void count_decision(const Level& level, Mode mode);
    void remember_org(const std::string& mark, const std::string& key);

    Options options_;
    redis::Client& redis_;
    Metrics& metrics_;
    const Clock& clock_;
    std::shared_ptr<Share> share_;  // late replies outlive us
    Denials denials_;
    flags::Flags* flags_ = nullptr;
    std::unordered_map<std::string, std::string> orgs_;  // keys of windows, by mark
    std::array<prometheus::Counter*, 24> decisions_{};   // by policy, mode and result
};

}  // namespace acme::limits
