#include "io/redis/breaker.hpp"

namespace acme::redis {

bool Breaker::admits(SteadyTime now) {
    if (!is_open_) return true;
    if (now < probe_at_) return false;
    probe_at_ = now + probe_every;
    return true;
}

void Breaker::succeed() {
    is_open_ = false;
    count_ = 0;
}

void Breaker::fail(SteadyTime now) {
    failures_[count_++ % failures_max] = now;
    if (is_open_ || count_ < failures_max) return;
    const SteadyTime oldest = failures_[count_ % failures_max];
    if (now - oldest > window) return;
    is_open_ = true;
    probe_at_ = now + probe_every;
}

}  // namespace acme::redis
