#pragma once

/// A node's counters over time: the last minute, the last five, and the whole since a moment.

#include "base/clock.hpp"
#include "operate/balancer/driver.hpp"
#include "operate/judge/scrape.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace acme::judge {

/// What a node has counted of our own asking.
struct Asked {
    Counts counts = {};
    std::int64_t answers_4xx = 0;
};

/// Sums that only grow, also over restarts of the node and of the balancer.
struct Totals {
    Counts node;
    Counts balancer;
    Asked probes;  // ours, which the node counts too
    std::int64_t node_4xx = 0;
    std::int64_t balancer_4xx = 0;
    Latency latency;
    double cpu_seconds = 0;
    double pool_sum = 0;  // of a share at each sample
    std::int64_t samples = 0;
    std::int64_t restarts = 0;

    friend Totals operator-(Totals late, const Totals& early);
    Totals& operator+=(const Totals& more);
};

class History {
public:
    static constexpr std::chrono::seconds kept{300};
    static constexpr std::size_t memory_points_max = 360;  // half an hour

    /// nullopt where a side did not answer: its sums stay.
    void add(
        SteadyTime now,
        const std::optional<NodeCounters>& node,
        const std::optional<balancer::ServerNow>& balancer,
        Asked probes
    );

    /// The whole begins now.
    void mark();

    /// Of the last `time`, at most since mark().
    Totals since(std::chrono::seconds time) const;
    Totals whole() const;
    double whole_seconds() const;
    double seconds(std::chrono::seconds time) const;  // that since() covers

    double memory_bytes() const { return memory_bytes_; }
    double memory_limit() const { return memory_limit_; }
    const std::vector<MemoryPoint>& memory() const { return memory_; }
    const std::string& release() const { return release_; }
    bool answers() const { return answers_; }

private:
    struct Sample {
        SteadyTime at;
        Totals totals;
    };

    const Sample& begin_of(std::chrono::seconds time) const;
    void take(const NodeCounters& now);
    void take(const balancer::ServerNow& now);

    Totals totals_;
    std::optional<NodeCounters> node_;  // as it was last
    std::optional<balancer::ServerNow> balancer_;
    std::deque<Sample> samples_;  // of `kept`
    std::optional<Sample> mark_;
    std::vector<MemoryPoint> memory_;  // since the mark
    double memory_bytes_ = 0;
    double memory_limit_ = 0;
    std::string release_;
    bool answers_ = false;
};

/// Adds what a node did to what its like did. The worse of what node and balancer counted is taken
/// for the sum of all, so both are summed first: finish() chooses.
class Merge {
public:
    void add(const Totals& totals, double seconds, const History& history);
    Window finish() const;

private:
    Totals sum_;
    Window window_;
};

}  // namespace acme::judge
