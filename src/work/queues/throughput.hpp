#pragma once

/// How many jobs ended, minute by minute.

#include "work/queues/queues.hpp"

namespace acme::queues {

inline constexpr int throughput_minutes = 60;
inline constexpr int minute_max = 5'000;  // more of a minute are not counted: it has minute_max + 1

struct Minute {
    WallTime at;
    std::int64_t done = 0;
    std::int64_t failed = 0;  // dead, or discarded
};

/// Each minute of the last hour, the oldest first; the last one is under way. Of one queue, or of
/// all of the owner's. Only what is kept in the history counts.
Task<std::vector<Minute>> throughput(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::optional<std::string> queue
);

}  // namespace acme::queues
