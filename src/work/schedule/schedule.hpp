#pragma once

/// Schedules that the program itself has: which of its jobs are to be enqueued again and again.
///
/// A moment is fired once, however many schedulers run: the row that notes it has it as its key,
/// and the job is enqueued in the same transaction. A job that is still there when the next moment
/// comes is joined by another, so a kind that is scheduled is written to meet itself.

#include "work/cron/timing.hpp"

#include <string>
#include <vector>

namespace acme::schedule {

/// What was missed longer ago than this is not made up for, unless a schedule says otherwise.
inline constexpr std::chrono::hours missed_window{1};

inline constexpr std::chrono::seconds period_min{1};

struct Entry {
    std::string name;
    std::string cron;  // as people are shown it
    cron::Timing timing;
    std::string kind;
    std::string args;
};

/// The list of a program; rooms add to it, a Scheduler goes by it.
class Schedule {
public:
    /// Every `period`, at the multiples of it since 1970: hours begin on the hour, days at 00:00
    /// UTC. `name` is "room.what" and unique; `kind` is a job's. The first moment is the next one
    /// after a scheduler first saw the name. Of moments that were missed only the last is fired,
    /// and only within missed_window. Twice the same name, or a period under a second, is a bug
    /// and throws.
    void every(
        std::string name, std::chrono::seconds period, std::string kind, std::string args = "{}"
    );

    /// The same at the times of a cron expression, see work/cron/cron.hpp: in UTC, or in the zone
    /// that it names. One that is malformed is a bug and throws.
    void cron(std::string name, std::string text, std::string kind, std::string args = "{}");

    const std::vector<Entry>& entries() const { return entries_; }

private:
    void add(Entry entry);

    std::vector<Entry> entries_;
};

}  // namespace acme::schedule
