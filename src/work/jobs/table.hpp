#pragma once

/// The rows of jobs, as a worker sees them. Inside this room only.
///
/// Every write names the job, the lease and the attempt it was claimed under, and says whether it
/// found them: a worker that was taken for dead cannot touch the attempt of its successor.

#include "work/jobs/jobs.hpp"

namespace acme::jobs {

struct Job {
    std::int64_t id;
    std::int64_t lease;
    std::string queue;
    std::string kind;
    std::string args;
    int attempt;  // from 1
    std::string traceparent;
    std::string request_id;
    std::chrono::milliseconds waited;  // since it was due
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

class Table {
public:
    Table(pg::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

    /// A lease for a worker, good for `time`.
    Task<std::int64_t> open_lease(
        trace::Context context, std::string holder, std::chrono::milliseconds time
    );

    /// False: it was taken for dead.
    Task<bool> renew_lease(
        trace::Context context, std::int64_t lease, std::chrono::milliseconds time
    );

    Task<> close_lease(trace::Context context, std::int64_t lease);

    /// At most `count` due jobs of these kinds, oldest first.
    Task<std::vector<Job>> claim(
        trace::Context context,
        std::int64_t lease,
        std::vector<std::string> kinds,
        std::size_t count
    );

    /// What stands under the lease and is not in `kept` may be run by others, and nothing counts
    /// as an attempt. Returns how many.
    Task<int> give_back(trace::Context context, std::int64_t lease, std::vector<std::int64_t> kept);

    // What becomes of a job. False: it is no longer ours.
    Task<bool> finish(trace::Context context, const Job& job);
    Task<bool> refuse_for_good(trace::Context context, const Job& job, std::string code);
    Task<bool> try_later(trace::Context context, const Job& job, std::chrono::milliseconds pause);

    /// Jobs of leases that have ended become due again; those that have been rescued before as
    /// often as rescues_max are dead.
    Task<std::vector<Rescued>> rescue(trace::Context context);

    Task<std::vector<Depth>> depths(trace::Context context);

private:
    pg::Database& db_;
    const Clock& clock_;
};

}  // namespace acme::jobs
