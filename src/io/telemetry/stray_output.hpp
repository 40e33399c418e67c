#pragma once

/// What libraries and the C++ runtime write to standard output and error, line by line into the
/// log (LOG-1): a collector that expects JSON would drop it, and the last words before a crash are
/// the ones that are wanted.
///
/// One thread reads the other end of a pipe. When the process crashes, the crashing thread says by
/// which signal, and waits a moment until all that was said has been written.

#include "io/telemetry/log.hpp"

#include <array>
#include <atomic>

namespace acme {

class StrayOutput {
public:
    /// So long a crash waits for the reader at most.
    static constexpr std::chrono::milliseconds crash_time_max{250};

    /// From now on descriptors 1 and 2 lead here; `pipe` was made of another one. One at a time in
    /// a process. Lines are written as warnings, message "stray", with the field `text`. Throws
    /// std::system_error when there are no descriptors left.
    StrayOutput(const Clock& clock, LogPipe& pipe, LogOrigin origin);

    ~StrayOutput();  // after stop() and run()
    StrayOutput(const StrayOutput&) = delete;
    StrayOutput& operator=(const StrayOutput&) = delete;

    /// Reads and logs until stop(), on a thread of its own. Nothing that was written is lost when
    /// it begins late.
    void run();

    /// Both descriptors lead where they did before, and run() ends with what was written until
    /// then.
    void stop();

    /// Whether all that was written has been read and logged. For the crashing thread: only what a
    /// signal handler may do.
    bool is_drained() const;

private:
    bool take();
    void log_lines(bool is_end);

    Log log_;
    std::array<int, 2> before_{-1, -1};
    int reading_ = -1;
    int stopping_ = -1;  // an eventfd
    std::string text_;   // read, not yet logged
    std::atomic<bool> is_idle_{true};
};

}  // namespace acme
