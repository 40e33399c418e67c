#pragma once

/// Jobs as people look for them: those that wait or run, those that are dead, those that have
/// ended.

#include "work/queues/ids.hpp"
#include "work/queues/queues.hpp"

namespace acme::queues {

/// As on the wire. Those that wait: due, due later, for another attempt, behind others of a key.
inline constexpr std::string_view states[] = {
    "waiting",
    "scheduled",
    "retrying",
    "parked",
    "running",
    "done",
    "dead",
    "cancelled",
    "discarded"
};
bool is_state(std::string_view text);

/// Whether a job of this state stays as it is, unless somebody acts on it.
bool has_ended(std::string_view state);

struct Progress {
    std::optional<double> percent = std::nullopt;
    std::string note = "";
    std::string data = "";  // JSON; "" for none
    WallTime at = {};
};

struct Job {
    JobId id;
    std::string state = "";
    std::string queue = "";
    std::string kind = "";
    std::string args = "";  // JSON
    std::int64_t priority = 5;
    std::int64_t attempt = 0;
    std::optional<std::int64_t> attempts_max = std::nullopt;
    std::optional<std::int64_t> timeout_ms = std::nullopt;
    std::optional<std::string> key = std::nullopt;
    std::optional<std::string> user = std::nullopt;
    WallTime created_at = {};
    std::optional<WallTime> due_at = std::nullopt;
    std::optional<WallTime> started_at = std::nullopt;
    std::optional<WallTime> ended_at = std::nullopt;
    std::optional<WallTime> cancel_asked_at = std::nullopt;
    std::optional<std::string> error_type = std::nullopt;  // of the last attempt that failed
    std::optional<std::string> error = std::nullopt;
    std::optional<std::string> output = std::nullopt;
    std::optional<std::string> worker = std::nullopt;
    std::string traceparent = "";
    std::string request_id = "";
};

/// One that failed, or was interrupted.
struct Attempt {
    std::int64_t number = 1;
    std::optional<WallTime> began_at = std::nullopt;
    WallTime ended_at = {};
    std::string outcome = "";
    std::optional<std::string> error_type = std::nullopt;
    std::optional<std::string> error = std::nullopt;
    std::optional<std::string> worker = std::nullopt;
    std::string traceparent = "";
};

struct Details {
    Job job;
    std::vector<Attempt> attempts;  // the newest 100, the oldest of them first
    std::optional<Progress> progress;
};

/// What is not named does not matter.
struct Filter {
    std::optional<std::string> queue = std::nullopt;
    std::optional<std::string> state = std::nullopt;
    std::optional<std::string> kind = std::nullopt;
    std::optional<std::string> key = std::nullopt;
    std::optional<std::string> user = std::nullopt;
    std::optional<std::string> error_type = std::nullopt;
    std::optional<std::string> error = std::nullopt;  // how it begins
    std::optional<std::vector<std::int64_t>> ids = std::nullopt;
};

/// Jobs that failed for the same reason.
struct Cause {
    std::string queue = "";
    std::string kind = "";
    std::string error_type = "";
    std::string error = "";  // how it begins, up to 200 characters
    std::int64_t dead = 0;
    std::int64_t retrying = 0;
    WallTime first_at = {};
    WallTime last_at = {};
    JobId example;
    std::optional<std::string> release = std::nullopt;  // of the worker node that met it first
};

std::unexpected<Error> no_such_job();

/// The newest first, those before `before`.
Task<std::vector<Job>> find_all(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Filter filter,
    std::optional<JobId> before,
    int limit
);

/// Errors: queues.no_job (not_found), also for another organization's.
Task<Result<Details>> find(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, JobId id
);

/// Of the newest 10,000 that are dead or wait for another attempt: why, the most frequent first.
Task<std::vector<Cause>> causes(
    pg::Database& db, trace::Context context, Owner owner, std::optional<std::string> queue
);

}  // namespace acme::queues
