#include "app/lists.hpp"
#include "app/platform.hpp"
#include "platform/events/events_jobs.hpp"
#include "platform/idempotency/idempotency_jobs.hpp"

namespace acme::app {

void add_jobs(jobs::Registry& jobs, Platform& platform) {
    events::add_jobs(jobs, platform.db);
    idempotency::add_jobs(jobs, platform.idempotency);
}

}  // namespace acme::app
