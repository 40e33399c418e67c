#pragma once

/// When a dead child comes back: soon, and later each time, until one lived long enough.

#include <algorithm>
#include <chrono>

namespace acme::local {

class Backoff {
public:
    static constexpr std::chrono::milliseconds least{200};
    static constexpr std::chrono::milliseconds most{10'000};
    /// Who lived as long did not die of how it was started.
    static constexpr std::chrono::seconds healthy{10};

    /// How long to wait after a life of `lived`.
    std::chrono::milliseconds next(std::chrono::steady_clock::duration lived) {
        if (lived >= healthy) wait_ = least;
        return std::exchange(wait_, std::min(wait_ * 2, most));
    }

private:
    std::chrono::milliseconds wait_ = least;
};

}  // namespace acme::local
