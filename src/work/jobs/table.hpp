#pragma once

/// The rows of jobs, as a worker sees them.
///
/// Every write names the job, the lease and the attempt it was claimed under, and says whether it
/// found them: a worker that was taken for dead cannot touch the attempt of its successor.

#include "work/jobs/jobs.hpp"

#include <span>

namespace acme::jobs {

struct Job {
    std::int64_t id;
    std::int64_t lease;
    std::string queue;
    std::int64_t queue_id;
    int priority;
    std::string kind;
    std::string args;
    int args_version;
    int attempt;  // from 1
    std::int64_t rescues;
    std::optional<std::int64_t> attempts_max;
    std::optional<std::int64_t> timeout_ms;
    std::string key;  // "": none
    WallTime due_at;
    std::string traceparent;
    std::string request_id;
    std::chrono::milliseconds waited;  // since it was due
};

/// What the platform's workers need to know of a queue.
struct Queue {
    std::int64_t id;
    bool is_paused;
    bool is_limited;  // by rate or at once: claimed from by claim_limited()
    int attempts_max;
};

/// A part of the index that claims go by, and where to begin in it: behind this place.
struct Range {
    std::int64_t queue_id;
    int priority;
    WallTime due_at;  // WallTime::min(): at the beginning
    std::int64_t id;
};

struct Ask {
    std::vector<std::string> kinds;
    std::vector<Range> ranges;  // what is first is claimed first
    std::size_t count;
};

enum class Outcome : std::uint8_t {
    done,
    dead,
    retried,
    snoozed,  // does not count as an attempt, and neither does what was interrupted
    cancelled,
    discarded,
    interrupted
};

std::string_view name_of(Outcome outcome);

/// How an attempt ended.
struct Ended {
    Job job;
    Outcome outcome = Outcome::done;
    std::chrono::milliseconds pause{0};  // of what is retried or snoozed
    std::string error_type = {};         // a code, "fault", "timeout" or "database"
    std::string error = {};              // for people
    std::string output = {};             // JSON; "": none
    bool may_have_happened = false;      // it was told once, and no answer came
};

/// What a cycle brought: the jobs that were claimed, and of those that were to be finished the ones
/// that were no longer there.
struct Cycle {
    std::vector<Job> claimed;
    std::vector<std::int64_t> lost;
    WallTime now;  // to the server, when it looked
};

struct KeyOfJob {
    std::int64_t queue_id;
    std::string key;
};

struct Rescued {
    std::string queue;
    bool is_dead;  // once too often
};

struct Depth {
    std::string queue;
    std::int64_t jobs;  // that are due; 20,001 stands for more
    std::chrono::milliseconds oldest;
};

/// What makes a queue slow, or leaves jobs lying in it.
struct Trouble {
    std::int64_t unknown;    // jobs that are due and of a kind that is not known here
    std::int64_t dead_rows;  // that vacuum has not removed from the table
    std::chrono::milliseconds snapshot_age;  // of the oldest: what it may see stays
};

class Table {
public:
    /// `worker` is the name that history knows it by, `release` what it runs; "" for none.
    Table(
        pg::Database& db,
        const Clock& clock,
        std::string worker = "worker",
        std::string release = ""
    )
        : db_(db), clock_(clock), worker_(std::move(worker)), release_(std::move(release)) {}

    /// A lease for a worker, good for `time`.
    Task<std::int64_t> open_lease(
        trace::Context context,
        std::chrono::milliseconds time,
        std::size_t slots,
        std::string release = ""
    );

    /// `abandoned` handlers of it do not end, for people to see. False: it was taken for dead.
    Task<bool> renew_lease(
        trace::Context context,
        std::int64_t lease,
        std::chrono::milliseconds time,
        std::size_t abandoned = 0
    );

    Task<> close_lease(trace::Context context, std::int64_t lease);

    /// Of the platform.
    Task<std::vector<Queue>> queues(trace::Context context);

    /// At most ask.count due jobs, in the order of its ranges, oldest first. Not those that were
    /// rescued. In the same transaction those are finished that ran well and said nothing more:
    /// `done` stand under this lease and all have this attempt.
    Task<Cycle> cycle(
        trace::Context context,
        std::int64_t lease,
        Ask ask,
        std::vector<std::int64_t> done = {},
        int attempt = 1
    );

    /// Claims over a session of its own, for a look that may take long.
    Task<Cycle> claim_apart(trace::Context context, std::int64_t lease, Ask ask);

    /// The same for one queue that has limits, which hold among all workers; and one of it that was
    /// rescued, if that is wanted.
    Task<std::vector<Job>> claim_limited(
        trace::Context context, std::int64_t lease, Ask ask, bool wants_suspect
    );

    /// One due job of these queues that was rescued, or none.
    Task<std::vector<Job>> claim_suspect(
        trace::Context context,
        std::int64_t lease,
        std::vector<std::string> kinds,
        std::vector<std::int64_t> queues
    );

    /// What becomes of jobs of this lease. Returns those that were still ours.
    Task<std::vector<std::int64_t>> settle(
        trace::Context context, std::int64_t lease, std::vector<Ended> ended
    );

    /// The same in the transaction of the job itself.
    Task<bool> settle_in(pg::Transaction& transaction, trace::Context context, Ended ended);

    /// After jobs with keys have ended: others of the same keys may go on.
    Task<> free_keys(trace::Context context, std::vector<KeyOfJob> jobs);

    /// The same for all keys, a thousand at a time: for those whose worker died before.
    Task<> sweep_keys(trace::Context context);

    /// What stands under the lease and is not in `kept` may be run by others, and nothing counts
    /// as an attempt. Returns how many.
    Task<int> give_back(trace::Context context, std::int64_t lease, std::vector<std::int64_t> kept);

    /// Of these jobs.
    Task<> return_unstarted(
        trace::Context context, std::int64_t lease, std::vector<std::int64_t> ids
    );

    /// Those of this lease that somebody wants cancelled.
    Task<std::vector<std::int64_t>> find_cancels(trace::Context context, std::int64_t lease);

    /// Writes what a running job says of itself, if it is still ours.
    Task<> note_progress(
        trace::Context context, const Job& job, double percent, std::string note, std::string data
    );

    /// Jobs of leases that have ended become due again; those that have been rescued before as
    /// often as rescues_max are dead.
    Task<std::vector<Rescued>> rescue(trace::Context context);

    /// Of the platform's queues.
    Task<std::vector<Depth>> depths(trace::Context context);

    Task<Trouble> find_trouble(trace::Context context, std::vector<std::string> kinds);

    /// Days of history made ahead and dropped, dead letters and rights whose time is over, what the
    /// release before has given up. A piece at a time: true, if there may be more.
    Task<bool> keep_house(trace::Context context);

private:
    pg::Database& db_;
    const Clock& clock_;
    std::string worker_;
    std::string release_;
    std::int64_t swept_queue_ = 0;  // the key that was swept last
    std::string swept_key_;
};

}  // namespace acme::jobs
