#include "io/telemetry/log.hpp"

#include "base/text.hpp"
#include "io/telemetry/metrics.hpp"

#include <prometheus/counter.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unistd.h>

namespace acme {
namespace {

constexpr std::string_view cut_mark = R"(,"truncated":true)";

/// So much stays free for the mark, the brace and the \n.
constexpr std::size_t end_bytes = cut_mark.size() + 2;

/// Of what every line has. With the message's they leave room for the fields given.
constexpr std::size_t fixed_text_bytes_max = 512;
constexpr std::size_t message_bytes_max = 8'000;
constexpr std::size_t key_bytes_max = 64;

/// A name, however it is escaped, and a number.
constexpr std::size_t field_bytes_min = 6 * key_bytes_max + 64;

/// More of a text is not looked at: it could not be written anyway.
constexpr std::size_t raw_bytes_max = 4 * line_bytes_max;

/// More than a pipe holds, so waiting longer would gain nothing.
constexpr std::size_t turn_bytes_max = std::size_t{48} * 1024;

constexpr std::chrono::milliseconds retry_delay{50};

constexpr std::size_t index_of(LogLevel level) { return static_cast<std::size_t>(level); }

/// JSON knows no infinity.
void append_real(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    std::array<char, 32> digits{};
    const auto written = std::to_chars(
        digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 6
    );
    out.append(digits.data(), written.ptr);
}

/// What has a place in every line, filled before the fields that a caller adds.
constexpr std::array<std::string_view, 5> place_names{
    "request_id", "user_id", "route", "status", "duration_ms"
};

/// nullopt for a name without a place. Asked several times for each field, so by length first.
std::optional<std::size_t> place_of(std::string_view key) {
    const auto at_length = [&]() -> std::size_t {
        switch (key.size()) {
            case 10: return 0;
            case 7: return 1;
            case 5: return 2;
            case 6: return 3;
            default: return 4;
        }
    };
    const std::size_t place = at_length();
    return place_names[place] == key ? std::optional(place) : std::nullopt;
}

bool has_place(std::string_view key) { return place_of(key).has_value(); }

bool is_taken(std::string_view key) {
    constexpr std::array<std::string_view, 9> names{
        "timestamp",
        "level",
        "message",
        "trace_id",
        "span_id",
        "service",
        "version",
        "node",
        "truncated"
    };
    return std::ranges::find(names, key) != names.end();
}

/// The longest start of `text` that takes `bytes_max` as a JSON string without quotes, and ends
/// between two characters.
std::string_view cut_to(std::string_view text, std::size_t bytes_max) {
    constexpr std::size_t step = 64;
    std::string escaped;
    std::size_t end = 0;
    while (end < text.size()) {
        std::size_t next = std::min(end + step, text.size());
        while (next > end + 1 && next < text.size() && (text[next] & 0xc0) == 0x80) --next;
        append_json_string(escaped, text.substr(end, next - end));
        if (escaped.size() > bytes_max) break;
        end = next;
    }
    return text.substr(0, end);
}

std::string origin_text(const LogOrigin& origin) {
    std::string text;
    const auto append = [&](std::string_view name, const std::string& value) {
        text.append(",\"").append(name).append("\":");
        if (value.empty())
            text += "null";
        else
            append_json_string(text, value);
    };
    append("service", origin.service);
    append("version", origin.version);
    append("node", origin.node);
    return text;
}

}  // namespace

Log::Log(const Clock& clock, LogLevel least, Sink sink, LogOrigin origin)
    : clock_(clock), least_(least), sink_(std::move(sink)), origin_(origin_text(origin)) {}

Log::Log(const Clock& clock, LogLevel least, LogPipe& pipe, LogOrigin origin)
    : clock_(clock), least_(least), pipe_(&pipe), origin_(origin_text(origin)) {}

Log::~Log() {
    constexpr int tries = 20;
    later_ = nullptr;
    for (int i = 0; i < tries && !lines_.empty(); ++i) {
        flush();
        if (!lines_.empty()) pipe_->wait(1000 / tries);
    }
}

LogLevel Log::least() const {
    return (pipe_ != nullptr ? pipe_->least() : chosen_).value_or(least_);
}

void Log::set_least(std::optional<LogLevel> least) {
    if (pipe_ != nullptr)
        pipe_->set_least(least);
    else
        chosen_ = least;
}

void Log::write(
    LogLevel level,
    std::string_view message,
    trace::Context context,
    std::initializer_list<LogField> fields
) {
    if (level < least()) return;
    if (pipe_ == nullptr) {
        append_line(level, message, context, fields);
        sink_(lines_);
        lines_.clear();
        return;
    }
    if (lines_.size() > waiting_bytes_max && !make_room(level)) {
        count_dropped(level, 1);
        return;
    }
    const std::size_t before = lines_.size();
    append_line(level, message, context, fields);
    const std::size_t bytes = lines_.size() - before;
    waiting_.push_back({bytes, level});
    bytes_[index_of(level)] += bytes;
    // While nobody reads, only the timer asks again: a system call a line would gain nothing.
    const bool is_stuck = before > turn_bytes_max;
    const bool is_urgent = level >= LogLevel::warn || lines_.size() > turn_bytes_max;
    if (later_ == nullptr || (is_urgent && !is_stuck))
        hand_over();
    else
        arrange(std::chrono::milliseconds(0));
}

void Log::append_line(
    LogLevel level,
    std::string_view message,
    trace::Context context,
    std::initializer_list<LogField> fields
) {
    const std::size_t begin = lines_.size();
    is_cut_ = false;
    lines_ += R"({"timestamp":")";
    append_time();
    lines_.append(R"(","level":")").append(name_of(level)).append(R"(","message":)");
    append_text(message, message_bytes_max);
    append_context(context, fields);
    for (const LogField& field : fields) {
        if (has_place(field.key)) continue;
        const std::size_t used = lines_.size() - begin + end_bytes + field_bytes_min;
        if (used > line_bytes_max) {
            is_cut_ = true;
            break;
        }
        lines_ += ',';
        const auto key = field.key.substr(0, key_bytes_max);
        if (is_taken(key))
            append_json_string(lines_, "x_" + std::string(key));
        else
            append_json_string(lines_, key);
        lines_ += ':';
        append_value(field, line_bytes_max - used);
    }
    if (is_cut_) lines_ += cut_mark;
    lines_ += "}\n";
}

/// The date and the second change a million times more seldom than the rest.
void Log::append_time() {
    const WallTime now = clock_.now();
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != second_ || second_text_.empty()) {
        second_ = second;
        second_text_ = to_rfc3339(now).substr(0, 20);  // "2026-11-23T10:00:00."
    }
    std::array<char, 7> micros{'0', '0', '0', '0', '0', '0', 'Z'};
    auto rest = (now - second).count();
    for (std::size_t at = 6; at-- > 0; rest /= 10) micros[at] = static_cast<char>('0' + rest % 10);
    lines_.append(second_text_).append(micros.data(), micros.size());
}

void Log::append_context(trace::Context context, std::initializer_list<LogField> fields) {
    const trace::Trace* const trace = context.trace;
    std::array<const LogField*, place_names.size()> given{};
    for (const LogField& field : fields) {
        if (const auto place = place_of(field.key)) given[*place] = &field;
    }
    const auto append = [&](std::size_t place, std::string_view text) {
        lines_.append(",\"").append(place_names[place]).append("\":");
        if (given[place] != nullptr)
            append_value(*given[place], fixed_text_bytes_max);
        else
            append_text_or_null(text);
    };
    append(0, trace ? std::string_view(trace->request_id) : "");
    append(1, trace ? std::string_view(trace->user_id) : "");
    if (trace == nullptr) {
        lines_ += R"(,"trace_id":null,"span_id":null)";
    } else {
        lines_ += R"(,"trace_id":")";
        trace->id().append_to(lines_);
        lines_ += R"(","span_id":)";
        if (context.span == trace::SpanId::none) {
            lines_ += "null";
        } else {
            lines_ += '"';
            append_hex(lines_, static_cast<std::uint64_t>(context.span));
            lines_ += '"';
        }
    }
    lines_ += origin_;
    append(2, trace ? trace->route : "");
    append(3, "");
    append(4, "");
}

void Log::append_value(const LogField& field, std::size_t bytes_max) {
    if (!has_place(field.key) && is_secret_name(field.key)) {
        lines_.append("\"").append(redaction_mask).append("\"");
    } else if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_text(*text, bytes_max);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        append_number(lines_, *number);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
        append_real(lines_, *real);
    } else {
        lines_ += std::get<bool>(field.value) ? "true" : "false";
    }
}

void Log::append_text(std::string_view text, std::size_t bytes_max) {
    constexpr std::size_t escape_bytes_max = 6;  // "\u0000"
    if (text.size() > raw_bytes_max) {
        is_cut_ = true;
        text = text.substr(0, raw_bytes_max);
    }
    text = redact(text, scratch_);
    if (text.size() * escape_bytes_max > bytes_max) {
        const std::string_view whole = text;
        text = cut_to(text, bytes_max);
        is_cut_ = is_cut_ || text.size() < whole.size();
    }
    append_json_string(lines_, text);
}

void Log::append_text_or_null(std::string_view text) {
    if (text.empty())
        lines_ += "null";
    else
        append_text(text, fixed_text_bytes_max);
}

void Log::collect(Metrics& metrics, Later later) {
    later_ = std::move(later);
    dropped_.clear();
    for (LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
        dropped_.push_back(&metrics.counter(
            "log_lines_dropped_total",
            "Log lines lost because nobody read them in time.",
            {{"level", std::string(name_of(level))}}
        ));
    }
}

void Log::arrange(std::chrono::milliseconds delay) {
    if (is_arranged_ || later_ == nullptr) return;
    is_arranged_ = true;
    later_(delay);
}

void Log::flush() {
    is_arranged_ = false;
    hand_over();
}

void Log::hand_over() {
    if (lines_.empty()) return;
    const LogPipe::Taken taken = pipe_->offer(lines_);
    auto line = waiting_.begin();
    for (std::size_t left = taken.bytes; left > 0; ++line) {
        left -= line->bytes;
        bytes_[index_of(line->level)] -= line->bytes;
        if (taken.is_lost) count_dropped(line->level, 1);
    }
    waiting_.erase(waiting_.begin(), line);
    lines_.erase(0, taken.bytes);
    if (!lines_.empty()) arrange(retry_delay);
}

/// False when a line of that level has to give way itself. Walks through all that waits only when
/// that frees a good part of it.
bool Log::make_room(LogLevel level) {
    if (level == LogLevel::debug) return false;
    if (bytes_[index_of(LogLevel::debug)] > 0) drop(LogLevel::debug, 0);
    if (lines_.size() <= waiting_bytes_max) return true;
    constexpr std::size_t goal = waiting_bytes_max / 2;
    if (bytes_[index_of(LogLevel::info)] > goal) drop(LogLevel::info, goal);
    if (lines_.size() <= waiting_bytes_max) return true;
    if (level == LogLevel::info) return false;
    if (lines_.size() > waiting_errors_bytes_max) {
        drop(LogLevel::warn, waiting_errors_bytes_max / 2);
        drop(LogLevel::error, waiting_errors_bytes_max / 2);
    }
    return true;
}

/// The oldest lines of that level, until so many bytes wait in all.
void Log::drop(LogLevel level, std::size_t bytes_goal) {
    std::size_t left = lines_.size();
    std::string kept;
    std::vector<Waiting> kept_waiting;
    std::size_t at = 0;
    for (const Waiting& line : waiting_) {
        if (line.level == level && left > bytes_goal) {
            left -= line.bytes;
            bytes_[index_of(level)] -= line.bytes;
            count_dropped(level, 1);
        } else {
            kept.append(lines_, at, line.bytes);
            kept_waiting.push_back(line);
        }
        at += line.bytes;
    }
    lines_ = std::move(kept);
    waiting_ = std::move(kept_waiting);
}

void Log::count_dropped(LogLevel level, double lines) {
    if (!dropped_.empty()) dropped_[index_of(level)]->Increment(lines);
}

Log::Sink write_to(int descriptor) {
    return [descriptor](std::string_view line) {
        // A log that cannot be written must not stop the service, so the result is not looked at.
        [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
    };
}

}  // namespace acme
