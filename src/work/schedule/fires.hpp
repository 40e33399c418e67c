#pragma once

/// What became of the moments of schedules: fired, waiting, left out, missed. One row a moment:
/// that it can be inserted once is what makes a second firing impossible.

#include "work/schedule/due.hpp"
#include "work/schedule/rows.hpp"

namespace acme::schedule {

inline constexpr int kept_fires = 5000;    // of a schedule; older ones are forgotten
inline constexpr int waiting_max = 1000;   // moments that wait for the end of others
inline constexpr int backfill_max = 1000;  // moments, by one call

struct Fire {
    WallTime place = {};   // its key: a microsecond before a stretch that was missed
    WallTime moment = {};  // the first, of a stretch that was missed
    std::optional<WallTime> through = std::nullopt;  // the last of it
    std::int64_t moments = 1;
    std::string state = "";  // open, waiting, done, failed, cancelled, skipped, missed
    std::string cause = "";  // due, catchup, backfill, trigger
    std::string asked_by = "";
    std::optional<WallTime> fired_at = std::nullopt;
    std::optional<WallTime> ended_at = std::nullopt;
    std::optional<std::int64_t> job = std::nullopt;
};

/// The newest first, those before `before`.
Task<std::vector<Fire>> history(
    pg::Database& db,
    trace::Context context,
    std::string owner,
    std::string name,
    std::optional<WallTime> before,
    int limit
);

/// Why a moment is fired. Literals, as they are kept.
inline constexpr std::string_view is_due = "due";
inline constexpr std::string_view is_catchup = "catchup";
inline constexpr std::string_view is_backfill = "backfill";
inline constexpr std::string_view is_trigger = "trigger";

/// Fires one moment, or has it wait, or leaves it out, as its rule says when jobs of it have not
/// ended. Its row is locked, and its open fires are settled. nullopt: it was fired before.
Task<std::optional<Fire>> fire(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Row row,
    WallTime moment,
    std::string_view cause,
    std::string by = ""
);

/// Writes down a stretch that nobody fired. Twice is harmless.
Task<> miss(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row, Missed missed
);

/// What the leader did: up to `last` all is done with.
Task<> move_on(
    pg::Transaction& transaction,
    trace::Context context,
    Row row,
    WallTime last,
    std::optional<WallTime> next_at,
    std::int64_t missed
);

/// Of fires whose jobs have ended, writes down how; pauses what has failed too often in a row; and
/// lets what waits begin when its turn has come. The row is locked. Returns it as it is then.
Task<Row> settle(pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row);

/// A schedule that has open fires, or such as wait.
struct Unsettled {
    std::string owner;
    std::string name;
};

/// Organizations' only, in the order of their keys, after the key `after`.
Task<std::vector<Unsettled>> unsettled(
    pg::Database& db, trace::Context context, std::string after, int limit
);

/// Forgets fires of a schedule beyond kept_fires.
Task<> trim(pg::Transaction& transaction, trace::Context context, Row row);

/// The moments of `from` to `to`, both included, that were not fired; at most backfill_max + 1.
std::vector<WallTime> moments_between(const Rule& rule, WallTime from, WallTime to);
Task<std::vector<WallTime>> not_fired(
    pg::Transaction& transaction, trace::Context context, Row row, std::vector<WallTime> moments
);

}  // namespace acme::schedule
