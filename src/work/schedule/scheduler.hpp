#pragma once

/// The scheduler: one process of those that run leads and fires what is due; the others wait.
///
/// The leader holds the lease "scheduler" and asks for it again in each transaction that fires, so
/// one that was replaced without noticing cannot fire. One that dies is replaced within 12 seconds.
///
/// Two kinds of schedules: those of the program (schedule.hpp), and those of organizations, which
/// are rows (rows.hpp). Each is fired in a transaction of its own, with its row locked.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "work/lease/lease.hpp"
#include "work/schedule/fires.hpp"
#include "work/schedule/schedule.hpp"
#include "work/schedule/zones.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <functional>
#include <map>

namespace acme::schedule {

struct SchedulerOptions {
    std::string name = "scheduler";                // this process, for people
    std::chrono::milliseconds lease_time{10'000};  // failover: this, and one tick
    std::chrono::milliseconds beat_period{3'000};
    std::chrono::milliseconds tick_period{1'000};       // at most; and at each whole second
    std::chrono::milliseconds settle_period{1'000};     // that jobs are looked for which have ended
    std::chrono::milliseconds zones_period{3'600'000};  // that the zone database is looked at
    std::string zones = cron::zones_version();          // the version that this process reads
    std::function<std::string()> zones_there = cron::zones_version_there;
    std::function<void()> outdated = {};  // hears that the machine has another one
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
    Task<bool> lead(trace::Context context);
    Task<int> tick_once(trace::Context context);

    /// Writes the program's schedules down, for people to read and for their last moments.
    Task<> describe(trace::Context context);

    Task<int> fire_own(trace::Context context);
    Task<int> fire_of_organizations(trace::Context context);

    /// What is due of one. Whoever waits for the next sees what became of this one.
    Task<int> fire_due(
        trace::Context context, std::string owner, std::string name, const Entry* entry
    );
    Task<> settle_open(trace::Context context);

    /// Whether zones have other clocks than those that next_at was computed by.
    Task<> look_at_zones(trace::Context context);
    Task<> follow(trace::Context context, Place place);

    void tell_of(const Row& row, const Due& due, WallTime now);
    void show_leader();

    const Schedule& schedule_;
    pg::Database& db_;
    Telemetry& telemetry_;
    SchedulerOptions options_;
    lease::Lease lease_;
    SteadyTime beaten_{};
    SteadyTime settled_{};
    std::optional<SteadyTime> looked_at_zones_;
    std::string settled_up_to_;         // a key: a round goes on behind it
    std::map<std::string, int> fired_;  // by key, since it was last trimmed
    WallTime now_{};                    // the database's, when the due ones were found
    bool is_described_ = false;
    bool is_stopping_ = false;
    Line<bool> ticking_;
    prometheus::Gauge& is_leader_;
    prometheus::Gauge& lag_seconds_;
    prometheus::Counter& missed_;
    bool is_shown_ = false;
};

}  // namespace acme::schedule
