#pragma once

/// What a schedule says, and what of it is wrong. Pure.

#include "base/error.hpp"
#include "base/result.hpp"
#include "work/cron/timing.hpp"

namespace acme::schedule {

inline constexpr std::size_t name_bytes_max = 63;
inline constexpr std::size_t kind_bytes_max = 100;
inline constexpr std::size_t args_bytes_max = std::size_t{60} * 1024;  // of a job's 64 KiB
inline constexpr std::int64_t window_s_max = 7 * 86'400;
inline constexpr std::int64_t jitter_s_max = 86'400;
inline constexpr std::int64_t failures_most = 100;

/// What becomes of a moment whose predecessor's job has not ended.
enum class Overlap : std::uint8_t {
    skip,            // it is left out
    queue_one,       // it waits for the end; while one waits, others are left out
    queue_all,       // it waits for its turn
    cancel_running,  // the predecessor's is cancelled
    allow,           // both run
};

/// What becomes of moments that nobody fired in time.
enum class Catchup : std::uint8_t { last, all, none };

std::string_view name_of(Overlap overlap);
std::string_view name_of(Catchup catchup);
std::optional<Overlap> overlap_of(std::string_view name);
std::optional<Catchup> catchup_of(std::string_view name);

struct Rule {
    std::string cron = "";   // either this
    std::string rrule = "";  // or that, which begins with `starts_at`
    std::string zone = "UTC";
    cron::Dst dst = cron::Dst::vixie;
    std::string queue = "default";
    std::string kind = "";
    std::string args = "{}";  // a JSON object
    std::int64_t priority = 5;
    Overlap overlap = Overlap::skip;
    Catchup catchup = Catchup::last;
    std::int64_t window_s = 3600;  // what was missed before is not made up for
    std::int64_t jitter_s = 0;     // fired later by less than this, by how much hangs on the name
    std::optional<WallTime> starts_at = std::nullopt;
    std::optional<WallTime> ends_at = std::nullopt;  // the last moment may be then
    std::optional<std::int64_t> failures_max = std::nullopt;
};

/// Lower-case letters, digits, "_", "." and "-", beginning with a letter.
bool is_name(std::string_view text);

/// When it comes. Adds to `problems` what is wrong with its times: schedules.cron,
/// schedules.rrule, schedules.timing (neither, or both), schedules.zone, schedules.times.
std::optional<cron::Timing> timing_of(const Rule& rule, std::vector<FieldError>& problems);

/// All that is wrong: the above, and schedules.queue, schedules.kind, schedules.payload,
/// schedules.priority, schedules.window, schedules.jitter, schedules.failures; schedules.never
/// when no moment comes after `now`.
std::vector<FieldError> problems_of(const Rule& rule, WallTime now);

/// By how much its moments are fired later: the same for all of them.
std::chrono::seconds jitter_of(const Rule& rule, std::string_view key);

/// The first moment after `after`, within what `rule` has for its beginning and its end.
std::optional<WallTime> next_of(const Rule& rule, const cron::Timing& timing, WallTime after);

/// The arguments of the job of one moment: those of the rule and, as "schedule", the name,
/// scheduled_at, fired_at and whether it was made up for.
std::string args_for(
    const Rule& rule, std::string_view name, WallTime moment, WallTime now, bool is_catchup
);

}  // namespace acme::schedule
