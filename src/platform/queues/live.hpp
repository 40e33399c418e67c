#pragma once

/// Jobs and queues as they change (platform/live). Private to platform/queues.

#include "platform/live/live.hpp"
#include "platform/queues/calls.hpp"

namespace acme::queues {

live::Watch look_at_job(Routes room, Owner owner, JobId id);
live::Watch look_at_queues(Routes room, Owner owner);

}  // namespace acme::queues
