#pragma once

#include "platform/idempotency/idempotency.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::idempotency {

/// "idempotency.sweep", to be run every hour, removes the answers of yesterday.
void add_jobs(jobs::Registry& jobs, Idempotency& idempotency);

}  // namespace acme::idempotency
