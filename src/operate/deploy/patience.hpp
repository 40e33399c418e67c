#pragma once

/// For how long what does not answer is asked again.

#include "base/clock.hpp"

#include <optional>

namespace acme::deploy {

/// Counts from the first attempt of an outage that failed. An attempt that ran for long found the
/// machines there meanwhile: its failing is another outage.
class Patience {
public:
    static constexpr std::chrono::milliseconds outage_max{60'000};
    static constexpr std::chrono::milliseconds long_run{30'000};  // of an attempt

    /// An attempt that ran from `begun` to `now` was not answered: whether it was the last one.
    bool ends(SteadyTime begun, SteadyTime now) {
        if (!away_since_ || now - begun >= long_run) away_since_ = now;
        return now - *away_since_ >= outage_max;
    }

private:
    std::optional<SteadyTime> away_since_;
};

}  // namespace acme::deploy
