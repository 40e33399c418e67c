#pragma once

#include "operate/pings/pings.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::pings {

/// "pings.answer"; why twice is safe: Pings::answer().
void add_jobs(jobs::Registry& jobs, Pings& pings);

/// Private to the room.
Task<> enqueue_answer(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, PingId id
);

}  // namespace acme::pings
