#pragma once

/// How often somebody may try to sign in: 10 times in 15 minutes for one account from one network,
/// and 100 times an hour from one address. Nobody is ever locked out: whoever tries from elsewhere
/// is not held up. Counted in Redis for all nodes, and in this thread as long as Redis is silent.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/redis/client.hpp"
#include "io/telemetry/telemetry.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace acme::sessions {

class Tries {
public:
    static constexpr std::size_t counts_max = 10'000;  // in this thread; then the old ones go

    Tries(redis::Client& redis, const Clock& clock) : redis_(redis), clock_(clock) {}

    /// Counts a try before it is made, so that many at once do not slip through. `account` is an
    /// address as given or a user's id, "" when none is named. Errors: sessions.too_many_tries
    /// (rate_limited).
    Task<Result<>> admit(trace::Context context, std::string account, std::string address);

    /// The try succeeded and does not count.
    Task<> give_back(trace::Context context, std::string account, std::string address);

private:
    struct Count {
        int tries = 0;
        SteadyTime until;
    };

    int count_here(const std::string& key, std::chrono::seconds window);
    void make_room();

    redis::Client& redis_;
    const Clock& clock_;
    std::unordered_map<std::string, Count> counts_;
};

}  // namespace acme::sessions
