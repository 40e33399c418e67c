#pragma once

/// A worker: takes due jobs and runs them, several at once.
///
/// It lives under a lease that it renews. When it dies, the others see the lease end and take its
/// jobs over; when it cannot renew, it ends its own jobs before they do. A job whose lease was lost
/// meanwhile finds its completion refused, and what it did not commit is gone.

#include "io/loop/cancellable.hpp"
#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "work/jobs/table.hpp"
#include "work/jobs/worker_series.hpp"

#include <list>

namespace acme::jobs {

struct WorkerOptions {
    std::size_t slots = 1;        // jobs at once; WORKER_CONCURRENCY, shared among the threads
    std::string name = "worker";  // in job_leases, for people
    std::chrono::milliseconds drain_time_max{60'000};  // JOB_DRAIN_TIMEOUT_SECONDS
    std::chrono::milliseconds poll_period{200};
    std::chrono::milliseconds lease_time{15'000};
    std::chrono::milliseconds beat_period{5'000};
    std::chrono::milliseconds fence_time{10'000};  // without a beat; less than the lease
    std::chrono::milliseconds rescue_period{2'000};
    std::chrono::milliseconds depth_period{10'000};
    double keep_share = 0;                         // of traces that begin here
    std::function<void(trace::Trace&)> keep = {};  // takes the traces that are worth keeping
    std::function<void()> at_work = {};  // hears once that it has asked for jobs and was answered
};

class Worker {
public:
    Worker(
        const Registry& registry, pg::Database& db, Telemetry& telemetry, WorkerOptions options = {}
    );
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Runs one due job. False when none was due. For tests and for commands.
    Task<bool> run_one();

    /// Runs jobs until stop(), then drains: nothing new begins, what runs may finish within
    /// drain_time_max, what does not is ended and given back without counting as an attempt.
    Task<> run();

    void stop();

    std::size_t running() const { return running_.size(); }
    bool is_draining() const { return is_stopping_; }

    /// Makes the jobs of dead workers due again; run() does it every rescue_period.
    Task<> rescue();

private:
    /// For what a worker does on its own account: nobody asked for it, nothing is kept of it.
    struct Untraced {
        explicit Untraced(Telemetry& telemetry) : trace(telemetry.clock, telemetry.random) {}
        trace::Trace trace;
        trace::Context context = trace.begin(std::nullopt, 0);
    };

    /// A job in a slot.
    struct Running {
        Job job;
        bool waits_for_others;
        Cancellable work;
    };
    using Slot = std::shared_ptr<Running>;

    /// What is to become of a job after an attempt.
    enum class Fate : std::uint8_t { done, dead, retried, given_back };
    struct Verdict {
        Fate fate = Fate::done;
        std::string error_type = {};  // a code, "fault", "timeout" or "database"
        std::string refusal = {};     // of a dead one
        std::chrono::milliseconds pause{0};
    };

    Task<std::vector<Job>> fetch(std::size_t count);
    Task<std::vector<Job>> claim(trace::Context context, std::size_t count);
    Task<> claim_of(
        trace::Context context, bool waits_for_others, std::size_t count, std::vector<Job>& jobs
    );
    void sort_kinds();
    Task<> ensure_lease(trace::Context context);
    Slot occupy(Job job);
    Task<> execute(Slot slot);
    Task<Verdict> attempt(trace::Context context, Slot slot, const Registry::Kind& kind);
    Task<bool> settle(trace::Context context, const Job& job, const Verdict& verdict);
    Task<bool> settle_once(trace::Context context, const Job& job, const Verdict& verdict);
    Verdict judge(const Job& job, const Result<>& result);
    Verdict failed(const Job& job, std::string error_type, std::chrono::milliseconds at_least);
    void tell(trace::Context context, const Job& job, const Verdict& verdict, bool is_ours);
    Task<> beat();
    Task<> watch_lease();
    Task<> keep_house();
    Task<> measure();
    Task<> drain();
    Task<> release();
    void fence(std::string_view reason);
    void cancel_all();
    std::vector<std::int64_t> running_ids() const;

    const Registry& registry_;
    Telemetry& telemetry_;
    WorkerOptions options_;
    Table table_;
    WorkerSeries series_;
    TaskGroup group_;
    std::list<Slot> running_;
    std::vector<std::string> kinds_;
    std::vector<std::string> waiting_kinds_;  // of which jobs wait for others
    bool is_waiting_first_ = false;           // whose turn it is to be asked for first
    std::int64_t lease_ = 0;                  // 0: none
    SteadyTime renewed_at_;                   // or opened: when that was asked for
    bool has_doubt_ = false;                  // rows may stand under our lease that we do not know
    bool is_stopping_ = false;
    bool is_closed_ = false;
    Line<bool> fetching_;  // wakes the fetcher before its time
    Line<bool> beating_;   // and those that keep house
    Line<bool> draining_;
};

}  // namespace acme::jobs
