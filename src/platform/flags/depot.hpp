#pragma once

/// The newest snapshot of each environment, and what all threads have counted: one a process, made
/// beside Metrics. Who fills it is none of its business.

#include "base/clock.hpp"
#include "io/telemetry/metrics.hpp"
#include "platform/flags/evaluate.hpp"
#include "platform/flags/tally.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace acme::flags {

/// Evaluations since the process began. `variant` is a variant's key, "" for the off value and for
/// no value: then `result` is "disabled", "default" or "error".
struct Count {
    std::string environment;
    std::string flag;
    std::string variant;
    std::string result;  // as the metric has it
    std::uint64_t count = 0;
};

class Depot {
public:
    static constexpr std::size_t metric_flags_max = 500;
    static constexpr std::chrono::hours removed_flags_stay{1};

    /// `is_on` is ENABLE_FEATURE_FLAGS; `environment` is the node's own. Metrics, which shows
    /// feature_flag_evaluations_total{flag,result} and feature_flag_evaluation_errors_total{code}
    /// at each scrape while this lives, and the clock outlive it.
    Depot(Metrics& metrics, const Clock& clock, bool is_on, std::string environment);
    ~Depot();
    Depot(const Depot&) = delete;
    Depot& operator=(const Depot&) = delete;

    bool is_on() const { return is_on_.load(std::memory_order_relaxed); }
    const std::string& environment() const { return environment_; }

    /// Takes it if it is newer than the one that it has of this environment; false if it is not.
    /// Any thread.
    bool put(std::shared_ptr<const Snapshot> snapshot);

    /// Null while there is none.
    std::shared_ptr<const Snapshot> newest(std::string_view environment) const;
    std::vector<std::shared_ptr<const Snapshot>> all() const;

    /// Changes with each put() that takes something.
    std::uint64_t number() const { return number_.load(std::memory_order_acquire); }

    /// For Flags: what a thread counts in, of the newest snapshot. Null while there is none.
    std::shared_ptr<Tally> enlist(std::string_view environment);

    /// For evaluations of a flag that is not there, which no tally has a place for.
    void count_unknown() { unknown_->fetch_add(1, std::memory_order_relaxed); }

    /// Totals, of flags that are there or have been within the last hour. They only grow, and begin
    /// at 0 for a flag that comes back after an hour: who writes differences down takes a smaller
    /// total for all of it.
    std::vector<Count> counts();

private:
    struct Books;
    class Source;

    std::atomic<bool> is_on_;
    std::atomic<std::uint64_t> number_ = 0;
    std::shared_ptr<std::atomic<std::uint64_t>> unknown_;
    std::string environment_;
    std::shared_ptr<Books> books_;
    std::shared_ptr<Source> source_;
};

}  // namespace acme::flags
