#pragma once

/// Jobs for programs outside. Each function is for one owner, an organization, and every write
/// names the job, the lease and the attempt it was fetched under: who was taken for dead changes
/// nothing.

#include "base/random.hpp"
#include "work/queues/finding.hpp"

namespace acme::queues::pull {

inline constexpr int slots_max = 100;  // jobs by one call
inline constexpr int queues_max = 20;  // of one worker
inline constexpr int results_max = 1'000;
inline constexpr std::size_t output_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t message_chars_max = 2'000;
inline constexpr std::chrono::milliseconds lease_least{2'000};
inline constexpr std::chrono::milliseconds lease_most{3'600'000};
inline constexpr std::chrono::milliseconds lease_usual{30'000};

struct Worker {
    LeaseId lease;
    std::string name = "";
    std::string state = "run";  // run, quiet, stop
    std::vector<std::string> queues = {};
    std::int64_t slots = 0;
    std::int64_t running = 0;
    std::int64_t abandoned = 0;  // handlers of a node that do not end
    WallTime began_at = {};
    WallTime expires_at = {};
};

struct Fetched {
    JobId id;
    std::string queue = "";
    std::string kind = "";
    std::string args = "";
    std::int64_t attempt = 1;
    std::int64_t attempts_max = 1;
    std::int64_t timeout_ms = 0;
    std::optional<std::string> key = std::nullopt;
    WallTime created_at = {};
    std::string traceparent = "";
};

/// How a worker introduces itself.
struct Introduction {
    std::string name;
    std::vector<std::string> queues;  // in the order in which they are asked
    std::int64_t slots = 1;
    std::chrono::milliseconds time = lease_usual;  // without a sign of it
};

/// How a lease stands, and those of its jobs that are to end.
struct Standing {
    LeaseId lease;
    std::string state = "run";
    std::vector<std::string> queues = {};
    std::vector<JobId> cancelled = {};
};

struct Done {
    JobId id;
    std::int64_t attempt = 1;
    std::string output = "";  // JSON; "" for none
};

struct Failed {
    JobId id;
    std::int64_t attempt = 1;
    std::string error_type = "";
    std::string message = "";
    std::optional<std::chrono::milliseconds> retry_in = std::nullopt;
    bool is_final = false;  // to the dead letters, whatever attempts are left
};

struct Reported {
    JobId id;
    std::int64_t attempt = 1;
    std::optional<double> percent = std::nullopt;
    std::string note = "";
    std::string data = "";  // JSON; "" for none
};

/// A lease for a worker. Errors: queues.not_found for a queue that is not there.
Task<Result<LeaseId>> open(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Introduction introduction
);

/// Whether a lease that ends later than it is asked to may end sooner. One with jobs never does:
/// so long their worker may be silent.
enum class End : std::uint8_t { never_sooner, sooner_without_jobs };

/// Puts the end of the lease to `time` from now. Errors: pull.no_lease (not_found), also for
/// another organization's; pull.lease_ended (conflict), whose jobs may run elsewhere by now.
Task<Result<Standing>> extend(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::chrono::milliseconds time,
    End end = End::never_sooner
);

/// What stands under the lease and is not `held` runs elsewhere, or here again, and counts as no
/// attempt: an answer that brought it was lost on the way.
Task<> return_unheld(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<std::int64_t> held
);

/// What there is to tell a worker that waits.
struct News {
    bool are_any = false;  // a job is due in its queues, or it is to do something else
    std::optional<std::chrono::milliseconds> due_in = std::nullopt;  // the next job that is not yet
    std::vector<std::int64_t> queues = {};                           // its queues, paused or not
};

Task<News> news(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, LeaseId lease
);

/// At most `count` jobs under a lease that extend() has just locked: of the first queue first, and
/// of each by priority, then in the order in which they were due.
Task<std::vector<Fetched>> fetch(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Standing standing,
    std::int64_t count
);

// What became of jobs. Each returns those that were the lease's, in the attempt that is named.

Task<std::vector<JobId>> finish(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<Done> jobs
);

/// Tried again after a pause, or dead after the last attempt; cancelled, if that was asked for.
Task<std::vector<JobId>> fail(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Random& random,
    Owner owner,
    LeaseId lease,
    std::vector<Failed> jobs
);

Task<std::vector<JobId>> report(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease,
    std::vector<Reported> jobs
);

/// Ends the lease; what is left under it runs elsewhere, and nothing counts as an attempt. Returns
/// how many. Errors: pull.no_lease.
Task<Result<int>> close(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    LeaseId lease
);

/// Tells a worker what to do next. Errors: pull.no_lease.
Task<Result<>> signal(
    pg::Transaction& transaction,
    trace::Context context,
    Owner owner,
    LeaseId lease,
    std::string state
);

/// Tells all workers that fetch from a queue to take no more; returns how many.
Task<int> drain(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::string queue
);

/// Those that are alive, the oldest first. Of the platform: the worker nodes.
Task<std::vector<Worker>> workers(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner
);

}  // namespace acme::queues::pull
