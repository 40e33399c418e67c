#pragma once

/// Where log lines leave the process. One for all threads; never blocks any of them.

#include "io/telemetry/log_level.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

class LogPipe {
public:
    /// `descriptor` stays open as long as the pipe lives. It is opened once more where it can be,
    /// so that its other users (a shell, a supervisor) do not find it made non-blocking.
    explicit LogPipe(int descriptor);
    ~LogPipe();
    LogPipe(const LogPipe&) = delete;
    LogPipe& operator=(const LogPipe&) = delete;

    struct Taken {
        std::size_t bytes = 0;
        bool is_lost = false;  // the system refuses them for good: a full disk, no reader left
    };

    /// Takes whole lines from the front of `lines`, each of which ends in \n; nothing when nobody
    /// reads or another thread is writing. Lines of several threads do not mix.
    Taken offer(std::string_view lines);

    /// Whether something can be taken within `milliseconds`. For the end of the process.
    bool wait(int milliseconds) const;

    /// What is written at least, in place of what each log was made with. From any thread.
    void set_least(std::optional<LogLevel> least) { least_.store(least); }
    std::optional<LogLevel> least() const { return least_.load(std::memory_order_relaxed); }

private:
    enum class Kind : std::uint8_t { reopened, file, socket, shared };

    std::size_t write_some(std::string_view bytes) const;  // npos: refused for good
    Taken take(std::string_view lines);

    int descriptor_;
    Kind kind_;
    std::string rest_;  // of a line that went out in part
    std::atomic_flag is_busy_;
    std::atomic<std::optional<LogLevel>> least_{};
};

}  // namespace acme
