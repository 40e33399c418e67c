#pragma once

/// The scheduler: one process of those that run leads and fires what is due; the others wait.
///
/// The leader holds the lease "scheduler" and asks for it again in each transaction that fires, so
/// one that was replaced without noticing cannot fire. One that dies is replaced within 12 seconds.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "work/lease/lease.hpp"
#include "work/schedule/schedule.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace acme::schedule {

struct SchedulerOptions {
    std::string name = "scheduler";                // this process, for people
    std::chrono::milliseconds lease_time{10'000};  // failover: this, and one tick
    std::chrono::milliseconds beat_period{3'000};
    std::chrono::milliseconds tick_period{1'000};
};

class Scheduler {
public:
    Scheduler(
        const Schedule& schedule,
        pg::Database& db,
        Telemetry& telemetry,
        SchedulerOptions options = {}
    );
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Leads or stands by until stop(), and then lets the next one lead at once.
    Task<> run();

    void stop();

    /// Leads if nobody does, and fires what is due. Returns how many moments were fired.
    Task<int> tick();

    bool is_leader() const { return lease_.is_held(); }

private:
    struct Due {
        const Entry* entry;
        WallTime moment;
        std::int64_t missed;  // moments that are given up with it
        bool is_too_late;     // and so is this one
    };

    Task<bool> lead(trace::Context context);
    Task<std::vector<Due>> find_due(trace::Context context);
    Task<bool> fire(trace::Context context, Due due, WallTime now);
    Task<int> tick_once(trace::Context context);
    void show_leader();

    const Schedule& schedule_;
    pg::Database& db_;
    Telemetry& telemetry_;
    SchedulerOptions options_;
    lease::Lease lease_;
    SteadyTime beaten_{};
    WallTime now_{};  // the database's, when the due ones were found
    bool is_stopping_ = false;
    Line<bool> ticking_;
    prometheus::Gauge& is_leader_;
    prometheus::Gauge& lag_seconds_;
    prometheus::Counter& missed_;
    bool is_shown_ = false;
};

}  // namespace acme::schedule
