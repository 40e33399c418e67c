#pragma once

/// What becomes of schedules when the zone database changes. A zone may then have other clocks than
/// those by which next_at was computed, and what was fired by them.

#include "work/schedule/rows.hpp"

namespace acme::schedule {

/// How far the clocks of its zone are from UTC at `last`, in seconds, as a column; none when its
/// times cannot be read.
std::optional<std::string> offset_of(const Rule& rule, WallTime last);

/// From where to go on when the clocks were `offset` from UTC as `last` was done with. What follows
/// the clocks goes on behind the same time on them, so that none of its times is lost, and none
/// comes twice. What follows real time goes on behind `last`.
WallTime goes_on_from(const cron::Timing& timing, WallTime last, std::chrono::seconds offset);

struct Place {
    std::string owner;
    std::string name;
};

/// Those that were computed by another zone database than `version`, behind `after` in the order of
/// their keys. For the leader alone.
Task<std::vector<Place>> of_other_zones(
    pg::Database& db, trace::Context context, std::string version, std::string after, int limit
);

/// Computes next_at anew; `row` is locked.
Task<> follow_zones(
    pg::Transaction& transaction, trace::Context context, Row row, std::string version
);

}  // namespace acme::schedule
