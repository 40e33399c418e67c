#pragma once

/// The log: one JSON object a line, for machines first (LOG-1, LOG-3, LOG-6).
///
/// A line has always timestamp, level, message, request_id, user_id, trace_id, span_id, service,
/// version, node, route, status and duration_ms, null when there is none, and then the fields
/// given. It is valid UTF-8 of at most 16,000 bytes, and what looks secret is masked (redact.hpp):
/// a log is read by more people than the database.

#include "base/clock.hpp"
#include "io/telemetry/log_level.hpp"
#include "io/telemetry/log_pipe.hpp"
#include "io/telemetry/redact.hpp"
#include "io/telemetry/trace.hpp"

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace prometheus {
class Counter;
}

namespace acme {

class Metrics;

/// Names are literals. "route", "status", "duration_ms", "request_id" and "user_id" fill the places
/// that every line has; "code", "token", "…_key" and their like are masked.
struct LogField {
    using Value = std::variant<std::string_view, std::int64_t, double, bool>;

    LogField(std::string_view key, std::string_view text) : key(key), value(text) {}
    template <std::integral Number>
    LogField(std::string_view key, Number number) : key(key), value(to_value(number)) {}
    LogField(std::string_view key, double number) : key(key), value(number) {}

    std::string_view key;
    Value value;

private:
    static Value to_value(std::same_as<bool> auto is_true) { return is_true; }
    static Value to_value(auto number) { return static_cast<std::int64_t>(number); }
};

/// Who writes: the same in every line. "" is null.
struct LogOrigin {
    std::string service = "";
    std::string version = "";  // the release
    std::string node = "";
};

inline constexpr std::size_t line_bytes_max = 16'000;  // with the \n

/// What waits while nobody reads: then debug is dropped, then info. Warnings and errors have the
/// larger room and are dropped, oldest first, only beyond it.
inline constexpr std::size_t waiting_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t waiting_errors_bytes_max = std::size_t{16} << 20;

/// Belongs to one thread.
class Log {
public:
    using Sink = std::function<void(std::string_view line)>;  // the line ends in \n

    /// Each line at once: for commands and tests.
    Log(const Clock& clock, LogLevel least, Sink sink, LogOrigin origin = {});

    /// Warnings and errors at once, and so are all lines until collect() is called.
    Log(const Clock& clock, LogLevel least, LogPipe& pipe, LogOrigin origin);

    ~Log();  // gives the reader a second to take what waits
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(
        LogLevel level,
        std::string_view message,
        trace::Context context,  // {} when the line belongs to no request
        std::initializer_list<LogField> fields
    );

    void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::info, message, {}, fields);
    }

    void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::warn, message, {}, fields);
    }

    void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::error, message, {}, fields);
    }

    /// From now on `least` counts in place of this log's own, and for every log of the same pipe;
    /// nullopt: each has its own again. From any thread, where there is a pipe.
    void set_least(std::optional<LogLevel> least);

    /// Has flush() called when the turn of the loop ends (0 ms) or later, once for each call.
    using Later = std::function<void(std::chrono::milliseconds)>;

    /// From now on the debug and info lines of a turn are written together. Dropped lines count as
    /// log_lines_dropped_total.
    void collect(Metrics& metrics, Later later);

    /// Each line at once again: before the loop ends, which a reader that is gone would keep alive.
    void collect_no_more() { later_ = nullptr; }

    void flush();

private:
    struct Waiting {
        std::size_t bytes;
        LogLevel level;
    };

    LogLevel least() const;
    void append_line(
        LogLevel level,
        std::string_view message,
        trace::Context context,
        std::initializer_list<LogField> fields
    );
    void append_time();
    void append_context(trace::Context context, std::initializer_list<LogField> fields);
    void append_value(const LogField& field, std::size_t bytes_max);
    void append_text(std::string_view text, std::size_t bytes_max);
    void append_text_or_null(std::string_view text);
    void hand_over();
    bool make_room(LogLevel level);
    void drop(LogLevel level, std::size_t bytes_goal);
    void count_dropped(LogLevel level, double lines);
    void arrange(std::chrono::milliseconds delay);

    const Clock& clock_;
    LogLevel least_;
    std::optional<LogLevel> chosen_;  // where there is no pipe
    Sink sink_;
    LogPipe* pipe_ = nullptr;
    std::string origin_;  // as it stands in a line
    Later later_;
    std::vector<prometheus::Counter*> dropped_;  // by level
    std::string lines_;                          // that wait, and the one being made
    std::vector<Waiting> waiting_;               // what lines_ is made of
    std::array<std::size_t, 4> bytes_{};         // of it, by level
    std::string scratch_;
    std::chrono::sys_seconds second_{};  // that second_text_ is
    std::string second_text_;
    bool is_cut_ = false;  // the line being made
    bool is_arranged_ = false;
};

/// Each line in one blocking write(2) on `descriptor`. For commands.
Log::Sink write_to(int descriptor);

}  // namespace acme
