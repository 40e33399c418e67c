#include "operate/load/latencies.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace acme::load {

/// Below `fine` a step is a microsecond; then every doubling has `fine` steps.
std::size_t Latencies::step_of(std::uint64_t microseconds) {
    if (microseconds < fine) return microseconds;
    const std::size_t doubling = static_cast<std::size_t>(std::bit_width(microseconds)) - fine_bits;
    const std::size_t within = (microseconds >> (doubling - 1)) - fine;
    const std::size_t step = doubling * fine + within;
    return std::min(step, fine * (doublings + 1) - 1);
}

std::uint64_t Latencies::end_of(std::size_t step) {
    if (step < fine) return step;
    const std::size_t doubling = step / fine;
    return ((step % fine + fine + 1) << (doubling - 1)) - 1;
}

void Latencies::add(std::chrono::microseconds time) {
    const auto microseconds = std::max(time, std::chrono::microseconds(0));
    ++steps_[step_of(static_cast<std::uint64_t>(microseconds.count()))];
    ++count_;
    max_ = std::max(max_, microseconds);
}

std::chrono::microseconds Latencies::quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        seen += steps_[step];
        if (seen > 0 && seen >= wanted) {
            return std::min(max_, std::chrono::microseconds(end_of(step)));
        }
    }
    return max_;
}

}  // namespace acme::load
