#include "work/jobs/wakes.hpp"

#include <atomic>

namespace acme::jobs {
namespace {

// Of the process: whoever enqueues has nothing of this room's but the function. A number alone, so
// no order of other memory depends on it.
std::atomic<std::int64_t> woken_at{0};

}  // namespace

bool may_wake(const Clock& clock) {
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(clock.steady().time_since_epoch());
    std::int64_t last = woken_at.load(std::memory_order_relaxed);
    const std::int64_t passed = now.count() - last;
    const bool is_soon = passed >= 0 && passed < std::chrono::microseconds(wake_pause).count();
    return !is_soon &&
           woken_at.compare_exchange_strong(last, now.count(), std::memory_order_relaxed);
}

}  // namespace acme::jobs
