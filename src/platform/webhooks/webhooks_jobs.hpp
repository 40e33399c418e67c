#pragma once

namespace acme::jobs {
class Registry;
}

namespace acme::schedule {
class Schedule;
}

namespace acme::webhooks {

class Deliveries;

/// webhooks.fan_out and webhooks.sweep. `deliveries` outlives the registry.
void add_jobs(jobs::Registry& jobs, Deliveries& deliveries);

void add_schedule(schedule::Schedule& schedule);

}  // namespace acme::webhooks
