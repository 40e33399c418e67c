#pragma once

/// How a process, or all of them together, fared in the last minute.

#include "base/clock.hpp"
#include "io/telemetry/metrics.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::nodes {

/// What came over HTTP within `seconds`.
struct Traffic {
    double seconds = 0;
    HttpTotals totals;

    void add(const Traffic& other);  // of another process, for the same time

    std::optional<double> requests_per_second() const;  // none before the first second
    std::optional<double> error_ratio() const;          // none without requests
    /// 0.95 is p95, by the rule of Prometheus' histogram_quantile(): evenly spread within a bucket,
    /// at most the last edge. None without requests.
    std::optional<double> quantile_ms(double share) const;
};

/// The last minute of counters that only grow.
class Window {
public:
    /// `totals` as they are at `now`. Once a second or so.
    void add(SteadyTime now, const HttpTotals& totals);

    Traffic traffic() const;

private:
    struct Sample {
        SteadyTime at;
        HttpTotals totals;
    };

    std::deque<Sample> samples_;
};

/// The busiest whole minute of the last day, by a counter of CPU seconds that only grows.
class CpuPeak {
public:
    void add(SteadyTime now, double cpu_seconds);

    /// In cores; nullopt before the first minute is over.
    std::optional<double> cores() const;

private:
    struct Minute {
        SteadyTime end;
        double cores;
    };

    std::optional<std::pair<SteadyTime, double>> begun_;  // the minute that is not over
    std::deque<Minute> minutes_;                          // each less busy than the one before
};

/// A server that we need, as one process sees it.
struct Dependency {
    std::string name;               // "PostgreSQL"
    std::string kind;               // postgresql, redis or objects
    std::string state = "unknown";  // up, down or unknown
    std::optional<double> latency_ms = std::nullopt;
    std::string detail = "";  // why it is down; "" for nothing to say
};

struct Figures {
    Traffic traffic = {};
    std::int64_t in_flight = 0;
    std::int64_t memory_bytes = 0;
    double cpu_share = 0;  // of one core
    bool leads = false;    // of the schedulers
    std::vector<Dependency> dependencies = {};
};

std::string to_json(const Figures& figures);

/// What is no such JSON reads as a process without figures: a newer release may write another.
Figures parse_figures(std::string_view json);

}  // namespace acme::nodes
