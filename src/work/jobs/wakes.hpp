#pragma once

/// How often this process may wake the workers. Inside this room only.

#include "base/clock.hpp"

namespace acme::jobs {

/// A commit that notifies waits for all others that do, so it is done sparingly; a worker that was
/// woken looks again and again for longer than this.
inline constexpr std::chrono::milliseconds wake_pause{5};

/// Whether it was long enough ago; if so, it counts from now.
bool may_wake(const Clock& clock);

}  // namespace acme::jobs
