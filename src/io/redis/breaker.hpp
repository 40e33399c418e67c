#pragma once

/// Stops asking a server that does not answer, so that its callers do not wait for it.
///
/// Opens after `failures_max` failures within `window`; while open it lets one call through each
/// `probe_every`, and closes at the first that succeeds. Source: design/backend.md, 7.5.

#include "base/clock.hpp"

#include <array>
#include <cstddef>

namespace acme::redis {

class Breaker {
public:
    static constexpr std::size_t failures_max = 5;
    static constexpr std::chrono::seconds window{1};
    static constexpr std::chrono::milliseconds probe_every{250};

    /// Whether this call may be made. True for the probe of an open breaker, and then not again
    /// for `probe_every`.
    bool admits(SteadyTime now);

    void succeed();
    void fail(SteadyTime now);

    bool is_open() const { return is_open_; }

private:
    std::array<SteadyTime, failures_max> failures_{};  // a ring: the next one replaces the oldest
    std::size_t count_ = 0;
    bool is_open_ = false;
    SteadyTime probe_at_;
};

}  // namespace acme::redis
