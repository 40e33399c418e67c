#pragma once

/// The series of deployments (section 9), read from the tables every few seconds, so that they
/// outlive the process that shows them, and whoever leads shows the same:
///
///   deployments_total{environment,result}           releases that have ended, by how
///   deploy_step_seconds{step}                       steps that have ended
///   deploy_canary_share                             of the requests; 0 when no canary runs
///   deploy_connections_cut_total                    at the end of a node's time to drain
///   deploy_consecutive_failures{environment}        ALRT-6
///   acme_rollback_duration_seconds                  of rollbacks and of ways back (ROLL-3)
///   acme_app_nodes_ready                            in the balancer (COMP-1); 0 when it is away
///
/// and the figures of dora.hpp (BEY-25) of the last figure_days, NaN where nothing happened:
///
///   deploy_frequency_per_day{environment}           releases that succeeded
///   deploy_lead_time_seconds{environment}           median
///   deploy_change_failure_ratio{environment}
///   deploy_time_to_restore_seconds{environment}     median
///
/// A series is there from its first reading on, never before: a counter that begins at 0 after a
/// restart would look like as many new deployments.

#include "io/loop/line.hpp"
#include "operate/deploy/deploy_cli.hpp"

#include <map>

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace acme::deploy {

inline constexpr std::chrono::milliseconds metrics_period{10'000};

/// What was begun longer ago is read once, at the first reading: every other one is bounded by what
/// was begun since. What a journal tells later of older steps is seen after a restart.
inline constexpr std::chrono::days settle_time{7};

class DeployMetrics {
public:
    struct Parts {
        pg::Database& db;
        Telemetry& telemetry;
        std::function<Result<Ground>()> find_ground;
        std::string environment;
    };

    explicit DeployMetrics(Parts parts) : parts_(std::move(parts)) {}

    /// Until stop().
    Task<> run();

    void stop();

    /// One reading of the tables. Throws pg::Fault.
    Task<> read(trace::Context context);

    /// One look at the balancer, where one is found.
    Task<> look_at_nodes();

private:
    /// What of a histogram has been shown already.
    struct Shown {
        std::vector<double> counts;
        double sum = 0;
    };

    Task<> settle(trace::Context context);
    Task<std::map<std::string, Shown>> steps_of(
        trace::Context context, WallTime from, std::optional<WallTime> to
    );
    Task<double> cut_of(trace::Context context, WallTime from, std::optional<WallTime> to);
    Task<> read_results(trace::Context context);
    Task<> read_steps(trace::Context context);
    Task<> read_rollbacks(trace::Context context);
    Task<> read_gauges(trace::Context context);
    Task<> read_figures(trace::Context context);
    void show(prometheus::Histogram& histogram, const std::string& key, Shown now);

    Parts parts_;
    std::map<std::string, Shown> shown_;  // by the series
    std::optional<WallTime> settled_until_;
    std::map<std::string, Shown> settled_steps_;  // of deployments that were begun before that
    double settled_cut_ = 0;
    Line<bool> pausing_;
    bool is_stopping_ = false;
    bool was_well_ = true;
};

}  // namespace acme::deploy
