#pragma once

/// One attempt of a job, as its handler sees it.
///
/// Its task is cancelled when its time is up, when somebody cancels the job, when the worker ends
/// and will not wait, and when the worker may have been taken for dead. What it noted stays.

#include "work/jobs/table.hpp"

namespace acme::jobs {

inline constexpr std::size_t output_bytes_max = 64 * 1024;
inline constexpr std::chrono::milliseconds progress_pause{500};

class Run {
public:
    Run(trace::Context context, const Job& job, Table& table, Telemetry& telemetry)
        : context_(context), job_(job), table_(table), telemetry_(telemetry) {}

    trace::Context context() const { return context_; }
    std::int64_t id() const { return job_.id; }
    const std::string& kind() const { return job_.kind; }
    const std::string& args() const { return job_.args; }
    int args_version() const { return job_.args_version; }
    int attempt() const { return job_.attempt; }  // from 1

    /// For people who watch. Written at most once in progress_pause, so the last word may be
    /// missing; a database that cannot be asked is no fault of the job's. `data` is JSON, "" none.
    Task<> progress(double percent, std::string note = "", std::string data = "");

    /// What came of it, as JSON, kept with its history. More than output_bytes_max is a bug and
    /// throws.
    void output(std::string json);

    /// Again so much later, when the handler returns a value. Does not count as an attempt.
    void snooze(std::chrono::milliseconds pause) { snooze_ = pause; }

    /// Straight to the dead letters, when the handler returns a value. `reason` is for people.
    void discard(std::string reason) { discard_ = std::move(reason); }

    /// Ends the job in the handler's own transaction: what that writes happens once, however often
    /// the job is run. False: the job is no longer ours; drop the transaction. Only commit() and
    /// the handler's return come after it.
    Task<bool> complete(pg::Transaction& transaction);

    const std::string& output() const { return output_; }
    const std::optional<std::chrono::milliseconds>& snoozed() const { return snooze_; }
    const std::optional<std::string>& discarded() const { return discard_; }
    bool is_complete() const { return is_complete_; }

private:
    trace::Context context_;
    const Job& job_;
    Table& table_;
    Telemetry& telemetry_;
    std::string output_;
    std::optional<std::chrono::milliseconds> snooze_;
    std::optional<std::string> discard_;
    std::optional<SteadyTime> noted_;
    bool is_complete_ = false;
};

}  // namespace acme::jobs
