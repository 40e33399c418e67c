#pragma once

/// Keeps the lines of local nodes: a file for each node, day (UTC) and class.

#include "base/clock.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace acme::logs {

/// Of a line as it is kept.
struct FileName {
    std::string node;
    std::chrono::year_month_day day;
    bool is_debug = false;

    /// "app-1-2026-11-23.jsonl", "app-1-2026-11-23.debug.jsonl".
    std::string text() const;

    /// The inverse; nullopt for other names.
    static std::optional<FileName> parse(std::string_view text);
};

/// How long a line is kept, by its class. Source: requirements LOG-5.
inline constexpr std::chrono::days info_age_max{30};
inline constexpr std::chrono::days debug_age_max{7};

/// `line` as one JSON object: a line that is one stays what it is, but for a missing timestamp;
/// other text becomes the message of an object with these names.
std::string as_json(std::string_view node, std::string_view line, WallTime now);

class DayFiles {
public:
    /// More than this of one node, day and class is dropped, and the last line says so.
    static constexpr std::int64_t file_bytes_max = 1'000'000'000;

    /// The folder exists.
    DayFiles(const Clock& clock, std::string folder) : clock_(clock), folder_(std::move(folder)) {}
    ~DayFiles();
    DayFiles(const DayFiles&) = delete;
    DayFiles& operator=(const DayFiles&) = delete;

    /// Never fails: a disk that is full must not stop what writes. A line is written whole or not
    /// at all; how many were lost, and why, is said before the next one that is written.
    void write(std::string_view node, std::string_view line);

    /// Deletes what is older than its class is kept. Once a day is enough.
    void remove_old() const;

    std::int64_t lines_lost() const { return lines_lost_; }

private:
    struct Open {
        std::chrono::sys_days day;
        int descriptor = -1;
        std::int64_t bytes = 0;
        std::int64_t lost = 0;  // since the last line that was written
        int reason = 0;         // errno of the last loss
    };

    static bool put(Open& file, std::string_view text);
    Open& file_of(std::string_view node, bool is_debug, std::chrono::sys_days day);

    const Clock& clock_;
    std::string folder_;
    std::map<std::string, Open, std::less<>> open_;
    std::int64_t lines_lost_ = 0;
};

}  // namespace acme::logs
