#pragma once

/// Which moments are to be fired now, and which are given up. Pure.

#include "work/schedule/rule.hpp"

namespace acme::schedule {

/// As late as this a moment is still in time: another has led for a while, or the database was
/// slow.
inline constexpr std::chrono::seconds in_time{60};

inline constexpr int looked_at_max = 2000;  // moments, by one call
inline constexpr int fired_max = 100;

struct Moment {
    WallTime at;
    bool is_catchup = false;
};

/// A stretch of moments.
struct Missed {
    WallTime first;
    WallTime last;
    std::int64_t moments = 0;
};

struct Due {
    std::vector<Moment> fire;
    std::optional<Missed> missed;  // all of them before those to be fired
    WallTime last;                 // of those that are done with
    std::optional<WallTime> next;  // which is due already when there was too much for one call
};

/// What there is to do at `now`, when all up to `last` is done with.
Due find_due(
    const Rule& rule,
    const cron::Timing& timing,
    std::chrono::seconds jitter,
    WallTime last,
    WallTime now
);

}  // namespace acme::schedule
