#pragma once

/// Times of any number of requests in constant memory: a histogram whose steps are within 1.6 % of
/// what they hold. Source: the layout of HdrHistogram (Gil Tene).

#include <array>
#include <chrono>
#include <cstdint>

namespace acme::load {

class Latencies {
public:
    void add(std::chrono::microseconds time);

    std::uint64_t count() const { return count_; }
    std::chrono::microseconds max() const { return max_; }

    /// 0.99 is p99: the end of the step that holds it, at most max(). 0 without any.
    std::chrono::microseconds quantile(double share) const;

private:
    static constexpr std::size_t fine_bits = 6;  // 64 steps for each doubling
    static constexpr std::size_t fine = std::size_t{1} << fine_bits;
    static constexpr std::size_t doublings = 32;  // up to more than an hour

    static std::size_t step_of(std::uint64_t microseconds);
    static std::uint64_t end_of(std::size_t step);

    std::array<std::uint32_t, fine*(doublings + 1)> steps_{};
    std::uint64_t count_ = 0;
    std::chrono::microseconds max_{0};
};

}  // namespace acme::load
