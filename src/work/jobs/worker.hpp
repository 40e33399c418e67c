#pragma once

/// A worker: takes due jobs and runs them, several at once.
///
/// It lives under a lease that it renews. When it dies, the others see the lease end and take its
/// jobs over; when it cannot renew, it ends its own jobs before they do. A job whose lease was lost
/// meanwhile finds its completion refused, and what it did not commit is gone.
///
/// A handler that goes on although it was told to end keeps its slot for cancel_time_max. Then its
/// job is answered for without it, under a fence that its late end does not pass, and the slot is
/// free: the handler is abandoned. A worker with as many abandoned handlers as slots drains.
///
/// Short jobs are fetched ahead and finished together: one statement finishes those that ran and
/// claims the next (Table::cycle), so that a commit is shared by up to a thousand jobs.

#include "io/loop/cancellable.hpp"
#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "work/jobs/marks.hpp"
#include "work/jobs/run.hpp"
#include "work/jobs/worker_series.hpp"

#include <deque>
#include <list>

namespace acme::jobs {

struct WorkerOptions {
    std::size_t slots = 1;        // jobs at once; WORKER_CONCURRENCY, shared among the threads
    std::string name = "worker";  // in job_leases, for people
    std::string release = "";     // likewise
    std::chrono::milliseconds drain_time_max{60'000};  // JOB_DRAIN_TIMEOUT_SECONDS
    std::chrono::milliseconds poll_period{200};
    std::chrono::milliseconds lease_time{15'000};
    std::chrono::milliseconds beat_period{5'000};
    std::chrono::milliseconds fence_time{10'000};       // without a beat; less than the lease
    std::chrono::milliseconds cancel_time_max{10'000};  // what is told to end gets to notice
    std::chrono::milliseconds rescue_period{2'000};
    std::chrono::milliseconds depth_period{10'000};
    std::size_t ahead_max = 1'000;                 // jobs that are fetched before there is a slot
    double keep_share = 0;                         // of traces that begin here
    std::function<void(trace::Trace&)> keep = {};  // takes the traces that are worth keeping
    std::function<void()> at_work = {};   // hears once that it has asked for jobs and was answered
    std::function<void()> worn_out = {};  // hears once that it drains because too much is abandoned
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

    /// What was heard on wake_channel: "wake", "cancel" or "queues". Never needed, often faster.
    void hear(std::string_view message);

    std::size_t running() const { return running_.size(); }

    /// Handlers that do not end, and whose jobs are answered for. After run() neither the loop nor
    /// what they use may be destroyed while there are some.
    std::size_t abandoned() const { return abandoned_; }

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
        SteadyTime began;
        trace::Context context = {};  // of its attempt
        bool is_cancel_asked = false;
        bool is_abandoned = false;
        std::optional<SteadyTime> ending_since =
            std::nullopt;  // when it was seen that it shall end
        Cancellable work = {};
    };
    using Slot = std::shared_ptr<Running>;

    /// Kinds that are claimed together, and what was claimed of them and not begun.
    struct Group {
        std::vector<std::string> kinds = {};
        Marks marks = {};
        std::deque<Job> ready = {};
        bool was_full = false;  // the last claim brought as many as it asked for
    };

    // The loop of run().
    Task<> lane();
    std::optional<Job> next();
    bool has_to_turn();
    std::chrono::milliseconds pause();
    Task<> turn();
    Task<> turn_once(trace::Context context);
    std::vector<Ended> take_alike();
    Task<> finish_and_claim(trace::Context context);
    Task<> claim_others(trace::Context context);
    Task<> claim_waiting(trace::Context context);
    Task<> claim_limited(trace::Context context);
    Task<> claim_suspect(trace::Context context);
    Task<> settle(trace::Context context);
    Task<> free_keys(trace::Context context);
    Task<> return_stale(trace::Context context);
    void put(std::vector<Job> jobs);
    void note(Group& group, const Cycle& cycle, std::size_t asked, Marks::Reach reach);
    std::size_t room_ahead();
    std::size_t room_for_waiting() const;
    std::size_t free_slots() const;
    void measure_rate(std::size_t finished);
    Task<> prepare(trace::Context context);
    void sort_kinds();

    // One job.
    Slot occupy(Job job);
    Task<> execute(Slot slot, trace::Trace& trace);
    Task<Ended> attempt(trace::Context context, Slot slot, Run& run, const Registry::Kind& kind);
    void hand_in(Ended ended, bool is_told);
    Ended judge_fault(trace::Context context, const Running& slot, const std::exception_ptr& fault);
    Ended judge(const Run& run, const Job& job, const Result<>& result);
    Ended failed(
        const Job& job, std::string type, std::string text, std::chrono::milliseconds least
    );
    void tell(trace::Context context, const Ended& ended);
    void count(const Ended& ended, bool is_ours);
    void abandon(const Slot& slot);
    void end_late(const Slot& slot);

    // The worker's life beside its jobs.
    Task<> beat();
    Task<> watch_lease();
    Task<> keep_house();
    Task<> sweep_keys();
    Task<> look_through();
    Task<> give_up_stubborn();
    Task<> claim_whole(Group& group, std::size_t count);
    Task<> measure();
    Task<> look_for_cancels(trace::Context context);
    Task<> drain();
    Task<> limit_drain();
    void wear_out();
    Task<> return_ready();
    Task<> release();
    void fence(std::string_view reason);
    void cancel_all();
    void drop_lost();
    void wake_lanes();
    void wake_fetcher();
    std::vector<std::int64_t> held_ids() const;

    const Registry& registry_;
    Telemetry& telemetry_;
    WorkerOptions options_;
    Table table_;
    WorkerSeries series_;
    TaskGroup group_;
    TaskGroup lanes_;

    Group own_;      // kinds that need nobody else
    Group waiting_;  // kinds that wait for others
    bool is_waiting_first_ = false;
    std::list<Slot> running_;
    std::size_t abandoned_ = 0;
    std::vector<Ended> ended_;          // not told to the database
    std::vector<Ended> telling_;        // on their way to it
    std::vector<KeyOfJob> freed_;       // that others may wait for
    std::int64_t suspect_ = 0;          // the one that is held
    SteadyTime suspect_at_{};           // when to ask for one
    std::vector<std::int64_t> queues_;  // that may be claimed from freely
    std::vector<std::int64_t> limited_;
    std::map<std::int64_t, int> attempts_max_;  // by queue
    SteadyTime queues_at_{};                    // when they were read
    SteadyTime poll_at_{};
    SteadyTime attentive_until_{};
    SteadyTime claimed_at_{};
    SteadyTime rated_at_{};
    std::size_t finished_ = 0;  // since then
    double rate_ = 0;           // jobs a second

    std::int64_t lease_ = 0;   // 0: none
    SteadyTime renewed_at_;    // or opened: when that was asked for
    bool is_looking_ = false;  // look_through() may have claimed what it does not know yet
    bool has_doubt_ = false;   // rows may stand under our lease that we do not know
    bool is_stopping_ = false;
    bool tells_only_ = false;   // a turn claims nothing
    bool is_given_up_ = false;  // what runs is not waited for any more
    bool is_closed_ = false;
    bool is_fault_ = false;  // the last turn met one
    bool is_flush_due_ = false;
    Line<bool> fetching_;   // wakes the fetcher before its time
    WaitQueue<bool> idle_;  // lanes without a job
    Line<bool> beating_;    // and those that keep house
    Line<bool> draining_;
};

}  // namespace acme::jobs
