#pragma once

/// What a pool tells of itself (MET-4). The series belong to the process: each thread's pool adds
/// its share and takes it away again.

#include "io/telemetry/metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <chrono>

namespace acme::pg {

class PoolGauges {
public:
    PoolGauges(Metrics& metrics, const std::string& pool, std::size_t connections_max);
    ~PoolGauges();
    PoolGauges(const PoolGauges&) = delete;
    PoolGauges& operator=(const PoolGauges&) = delete;

    /// How many sessions are in use and how many there are, now.
    void show(std::size_t active, std::size_t open);
    void waited(std::chrono::duration<double> time) { wait_seconds_.Observe(time.count()); }

private:
    prometheus::Gauge& active_;
    prometheus::Gauge& open_;
    prometheus::Gauge& max_;
    prometheus::Histogram& wait_seconds_;
    double shown_active_ = 0;
    double shown_open_ = 0;
    double shown_max_;
};

}  // namespace acme::pg
