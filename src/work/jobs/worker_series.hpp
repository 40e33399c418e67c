#pragma once

/// The metrics of workers (MET-6, MET-7). Inside this room only.

#include "io/telemetry/metrics.hpp"
#include "work/jobs/table.hpp"

#include <map>
#include <set>

namespace acme::jobs {

/// Of one worker; the series belong to the process.
class WorkerSeries {
public:
    WorkerSeries(Metrics& metrics, std::size_t slots);
    ~WorkerSeries();
    WorkerSeries(const WorkerSeries&) = delete;
    WorkerSeries& operator=(const WorkerSeries&) = delete;

    void began(const Job& job);
    void ended(const Job& job, std::chrono::duration<double> time);
    void processed(const Job& job);
    void failed(const Job& job, const std::string& error_type);
    void died(const std::string& queue);
    void lost(const std::string& queue);
    void rescued(const std::string& queue);
    void abandoned(int more);
    void show(const std::vector<Depth>& depths);
    void show(const Trouble& trouble);

private:
    /// What every job touches, found once.
    struct OfQueue {
        prometheus::Histogram* wait;
        prometheus::Histogram* run;
        prometheus::Counter* processed;
    };

    OfQueue& of(const std::string& queue);
    prometheus::Counter& counter(std::string name, std::string help, const std::string& queue);

    Metrics& metrics_;
    prometheus::Gauge& busy_;
    prometheus::Gauge& free_;
    prometheus::Gauge& abandoned_;
    double slots_;
    double running_ = 0;
    std::map<std::string, OfQueue, std::less<>> known_;
    std::set<std::string, std::less<>> queues_;                 // that a depth was shown of
    std::map<std::string, std::set<std::string>> error_types_;  // at most 64 each
};

}  // namespace acme::jobs
