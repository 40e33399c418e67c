#pragma once

/// The log: one JSON object a line, for machines first.
///
/// A line carries timestamp, level, message, trace_id (if there is one) and the fields given.
/// Values of fields whose name says that they are secret are replaced, and so is whatever looks
/// like a credential in any text: a log is read by more people than the database.

#include "base/clock.hpp"
#include "io/telemetry/trace.hpp"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace acme {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct LogField {
    using Value = std::variant<std::string_view, std::int64_t, double>;

    LogField(std::string_view key, std::string_view text) : key(key), value(text) {}
    LogField(std::string_view key, std::integral auto number)
        : key(key), value(static_cast<std::int64_t>(number)) {}
    LogField(std::string_view key, double number) : key(key), value(number) {}

    std::string_view key;
    Value value;
};

class Log {
public:
    using Sink = std::function<void(std::string_view line)>;  // the line ends in \n

    Log(const Clock& clock, LogLevel least, Sink sink);

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

private:
    const Clock& clock_;
    LogLevel least_;
    Sink sink_;
    std::string line_;  // kept, so that a line allocates nothing
};

/// Each line in one write(2) on `descriptor`, so that lines of several threads do not mix.
Log::Sink write_to(int descriptor);

/// `text`, or "[redacted]" in place of the value or of each credential in it.
std::string redacted(std::string_view key, std::string_view text);

}  // namespace acme
