#pragma once

/// Counts the look-ups of one cache (MET-5): cache_hits_total, cache_misses_total, and
/// cache_hit_ratio over the last five minutes. A ratio of few look-ups says nothing, so the gauge
/// appears with the hundredth; and since ratios cannot be added over nodes, the counters stay the
/// truth.

#include "base/clock.hpp"
#include "io/telemetry/metrics.hpp"

#include <deque>
#include <string>

namespace acme::redis {

class CacheMeter {
public:
    /// `name` is one of a closed set: "session", "flags", "tokens", "http".
    CacheMeter(Metrics& metrics, const Clock& clock, std::string name);

    void hit();
    void miss();

private:
    struct Sample {
        SteadyTime at;
        double hits;
        double misses;
    };

    void look();

    Metrics& metrics_;
    const Clock& clock_;
    std::string name_;
    prometheus::Counter& hits_;  // of the process: all threads count in the same
    prometheus::Counter& misses_;
    prometheus::Gauge* ratio_ = nullptr;
    std::deque<Sample> samples_;  // oldest first, one each ten seconds
};

}  // namespace acme::redis
