#pragma once

/// Keeps every request that passed and holds a window against the two sentences that it promises.

#include "base/random.hpp"
#include "platform/limits/window.hpp"

#include <deque>
#include <string>

namespace acme::testing {

class Model {
public:
    explicit Model(limits::Quota quota) : quota_(quota) {}

    /// A stream that goes on, stops, and comes in bursts.
    static std::chrono::milliseconds pause(Random& random, const limits::Quota& quota) {
        const std::uint64_t chance = random.number();
        const auto even = static_cast<std::uint64_t>(quota.window.count() * 1000 / quota.limit);
        if (chance % 10 < 5) return std::chrono::milliseconds((chance >> 8) % 3);
        if (chance % 10 < 9) return std::chrono::milliseconds((chance >> 8) % (2 * even + 1));
        return std::chrono::milliseconds((chance >> 8) % (even * 20 + 1000));
    }

    void judge(std::chrono::milliseconds now, const limits::Verdict& verdict) {
        // A request that is exactly a window old is still in it.
        while (!times_.empty() && times_.front() < now - whole_seconds(now)) times_.pop_front();
        const auto room = quota_.limit - std::ssize(times_) * quota_.weight;
        if (!verdict.is_allowed) {
            if (room >= quota_.weight) note(now, "was refused although there was room");
            return;
        }
        ++passed_;
        times_.push_back(now);
        std::int64_t within = 0;
        for (const auto time : times_) within += time >= now - quota_.window ? quota_.weight : 0;
        if (within > quota_.limit) note(now, "passed although the window was full");
    }

    std::int64_t passed() const { return passed_; }
    const std::string& flaws() const { return flaws_; }

private:
    /// How long ago a second began that still counts: the window, and what has passed of this one.
    std::chrono::milliseconds whole_seconds(std::chrono::milliseconds now) const {
        return quota_.window + now % std::chrono::seconds(1);
    }

    void note(std::chrono::milliseconds now, const std::string& what) {
        if (flaws_.size() < 500) flaws_ += std::to_string(now.count()) + " ms " + what + "; ";
    }

    limits::Quota quota_;
    std::deque<std::chrono::milliseconds> times_;
    std::int64_t passed_ = 0;
    std::string flaws_;
};

}  // namespace acme::testing
