#pragma once

/// Where jobs are added that belong to no transaction of their caller, as over HTTP: those that are
/// asked for while a commit is on its way share the next one. So a commit serves as many callers as
/// wait for it, and none of them waits for a timer.

#include "io/loop/task_group.hpp"
#include "io/loop/wait_queue.hpp"
#include "work/jobs/jobs.hpp"

#include <deque>

namespace acme::jobs {

/// Neither key nor unique: those take turns, and are added by job_enqueue().
struct NewJob {
    std::string org_id = "";  // "": the platform's
    std::string queue = "default";
    std::string kind = "";
    std::string args = "";
    int priority = 5;
    std::optional<WallTime> run_at = std::nullopt;
    std::optional<int> attempts = std::nullopt;
    std::optional<std::chrono::milliseconds> time_max = std::nullopt;
    std::string user_id = "";
    int args_version = 1;
};

class Inlet {
public:
    Inlet(pg::Database& db, Telemetry& telemetry);
    Inlet(const Inlet&) = delete;
    Inlet& operator=(const Inlet&) = delete;

    /// Returns its id once it is committed. Throws pg::Fault: then it may have been added all the
    /// same. Belongs to one loop, which ends after it.
    Task<std::int64_t> add(trace::Context context, NewJob job);

private:
    struct Waiting {
        NewJob job;
        std::string traceparent;
        std::string request_id;
    };
    struct Added {
        std::int64_t id = 0;
        std::exception_ptr fault;
    };

    Task<> flush();
    Task<std::vector<std::int64_t>> insert(std::vector<Waiting> jobs);

    pg::Database& db_;
    Telemetry& telemetry_;
    TaskGroup group_;
    std::deque<Waiting> jobs_;
    WaitQueue<Added> callers_;  // of jobs_, and before them of those on their way
    bool is_flushing_ = false;
};

}  // namespace acme::jobs
