#include "io/redis/cache_meter.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <utility>

namespace acme::redis {
namespace {

constexpr std::chrono::minutes window{5};
constexpr std::chrono::seconds sample_every{10};
constexpr double look_ups_min = 100;

}  // namespace

CacheMeter::CacheMeter(Metrics& metrics, const Clock& clock, std::string name)
    : metrics_(metrics),
      clock_(clock),
      name_(std::move(name)),
      hits_(metrics.counter(
          "cache_hits_total", "Look-ups that the cache answered.", {{"cache", name_}}
      )),
      misses_(metrics.counter(
          "cache_misses_total", "Look-ups that it did not answer.", {{"cache", name_}}
      )) {
    samples_.push_back({clock_.steady(), hits_.Value(), misses_.Value()});
}

void CacheMeter::hit() {
    hits_.Increment();
    look();
}

void CacheMeter::miss() {
    misses_.Increment();
    look();
}

void CacheMeter::look() {
    const SteadyTime now = clock_.steady();
    const double hits = hits_.Value() - samples_.front().hits;
    const double all = hits + misses_.Value() - samples_.front().misses;
    if (all >= look_ups_min) {
        if (ratio_ == nullptr) {
            ratio_ = &metrics_.gauge(
                "cache_hit_ratio", "Share of hits in the last 5 minutes.", {{"cache", name_}}
            );
        }
        ratio_->Set(hits / all);
    }
    if (now - samples_.back().at < sample_every) return;
    samples_.push_back({now, hits_.Value(), misses_.Value()});
    while (now - samples_.front().at > window) samples_.pop_front();
}

}  // namespace acme::redis
