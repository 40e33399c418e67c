#pragma once

/// Keeps one process running until it is told to stop.

#include "base/clock.hpp"
#include "io/process/child.hpp"
#include "operate/local/backoff.hpp"
#include "operate/logs/day_files.hpp"

#include <deque>
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

    /// The number of the process is in that file from now on.
    void move_pid_file(std::string path);

    /// Ends the process and its group as a crash would. False when none runs.
    bool kill() const;

    const std::string& name() const { return kept_.name; }
    bool is_running() const { return child_ != nullptr && !child_->has_ended(); }

    /// Since its present life began; always false without a ready_line.
    bool is_ready() const { return is_ready_ && is_running(); }
    pid_t pid() const { return is_running() ? child_->pid() : -1; }
    int deaths() const { return deaths_; }
    const std::string& last_line() const { return last_line_; }
    bool is_stopping() const { return stopping_.is_set(); }

    /// When its present life began, or its last one.
    WallTime started_at() const { return started_at_; }

    /// The last death that nobody here asked for: "signal 9", "exit 1"; "" for none.
    const std::string& last_end() const { return last_end_; }

    /// That death was the kernel's doing for want of memory, as far as can be told from outside: a
    /// SIGKILL that nobody here sent, in a life in which the kernel counted such a kill.
    bool was_out_of_memory() const { return was_out_of_memory_; }

    /// Of all its lives; at most lines_max, each shortened to shown_bytes_max.
    const std::deque<std::string>& last_lines() const { return lines_; }

    static constexpr std::size_t lines_max = 50;
    static constexpr std::size_t shown_bytes_max = 300;

private:
    bool start(const Executor& executor);
    void write_pid() const;
    void hear(std::string_view line);
    Task<> mourn(process::Exit exit, SteadyTime begun);

    const Clock& clock_;
    logs::DayFiles& logs_;
    const Say& say_;
    Kept kept_;
    Backoff backoff_;
    std::shared_ptr<process::Child> child_;
    std::string last_line_;
    std::deque<std::string> lines_;
    std::string last_end_;
    WallTime started_at_{};
    std::int64_t oom_kills_before_ = 0;
    int deaths_ = 0;
    bool is_ready_ = false;
    bool was_killed_ = false;  // by stop()
    bool was_out_of_memory_ = false;
    process::Event stopping_;
    process::Event stopped_;
};

}  // namespace acme::local
