#pragma once

/// Keeps one process running until it is told to stop.

#include "base/clock.hpp"
#include "io/process/child.hpp"
#include "operate/local/backoff.hpp"
#include "operate/logs/day_files.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace acme::local {

/// Tells the person what goes on, one line at a time.
using Say = std::function<void(std::string_view line)>;

struct Kept {
    std::string name;
    process::Spec process;
    std::string ready_line = "";  // part of a line; "" when the process does not say it
    int stop_signal = 15;
    std::string pid_file = "";  // holds the number of the process while one lives; "" for none
};

/// Spawn run() once and stop() before it is dropped. What it is made with outlives it.
class Keeper {
public:
    Keeper(const Clock& clock, logs::DayFiles& logs, const Say& say, Kept kept)
        : clock_(clock), logs_(logs), say_(say), kept_(std::move(kept)) {}
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    /// Starts the process, and again after each death, later each time, saying why it died. Ends
    /// after stop().
    Task<> run();

    /// Asks the process to end, kills it and its group when it still runs after `grace`, and waits.
    /// `hurry` cuts the grace short. Returns whether it ended by itself. A second call waits too.
    Task<bool> stop(std::chrono::milliseconds grace, const process::Event& hurry);

    const std::string& name() const { return kept_.name; }
    bool is_running() const { return child_ != nullptr && !child_->has_ended(); }

    /// Since its present life began; always false without a ready_line.
    bool is_ready() const { return is_ready_ && is_running(); }
    pid_t pid() const { return is_running() ? child_->pid() : -1; }
    int deaths() const { return deaths_; }
    const std::string& last_line() const { return last_line_; }

private:
    bool start(const Executor& executor);
    void write_pid() const;
    void hear(std::string_view line);
    Task<> mourn(process::Exit exit, SteadyTime begun);

    static constexpr std::size_t shown_bytes_max = 300;

    const Clock& clock_;
    logs::DayFiles& logs_;
    const Say& say_;
    Kept kept_;
    Backoff backoff_;
    std::shared_ptr<process::Child> child_;
    std::string last_line_;
    int deaths_ = 0;
    bool is_ready_ = false;
    process::Event stopping_;
    process::Event stopped_;
};

}  // namespace acme::local
