#include "platform/limits/window.hpp"

#include <algorithm>

namespace acme::limits {
namespace {

std::int64_t second_of(Window::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).count();
}

}  // namespace

Verdict Window::take(Time now, const Quota& quota) {
    Verdict verdict = look(now, quota);
    if (!verdict.is_allowed) return verdict;
    add(now, quota);
    verdict.reset = until_freed(now, 1, quota.window);
    return verdict;
}

Verdict Window::look(Time now, const Quota& quota) {
    forget(second_of(now) - quota.window.count());
    Verdict verdict{.used = used(now, quota.window)};
    const std::int64_t lacking = verdict.used + quota.weight - quota.limit;
    verdict.is_allowed = lacking <= 0;
    verdict.reset = until_freed(now, std::max<std::int64_t>(lacking, 1), quota.window);
    return verdict;
}

void Window::add(Time now, const Quota& quota) {
    const std::int64_t second = second_of(now);
    forget(second - quota.window.count());
    if (!buckets_.empty() && buckets_.back().second == second) {
        buckets_.back().count += quota.weight;
    } else {
        buckets_.push_back({second, quota.weight});
    }
}

std::int64_t Window::used(Time now, std::chrono::seconds span) const {
    const std::int64_t first = second_of(now) - span.count();
    std::int64_t sum = 0;
    for (const Bucket& bucket : buckets_) {
        if (bucket.second >= first) sum += bucket.count;
    }
    return sum;
}

void Window::forget(std::int64_t before) {
    const auto kept = std::ranges::find_if(buckets_, [&](const Bucket& bucket) {
        return bucket.second >= before;
    });
    buckets_.erase(buckets_.begin(), kept);
}

/// Until the oldest buckets that hold `count` have left the window; all of them, if that is less.
Window::Time Window::until_freed(Time now, std::int64_t count, std::chrono::seconds window) const {
    std::int64_t left = now.count();
    for (const Bucket& bucket : buckets_) {
        left = (bucket.second + window.count() + 1) * 1000;
        count -= bucket.count;
        if (count <= 0) break;
    }
    return Time(left) - now;
}

}  // namespace acme::limits
