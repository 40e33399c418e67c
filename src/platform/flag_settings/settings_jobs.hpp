#pragma once

namespace acme {
class Clock;
}

namespace acme::jobs {
class Registry;
}

namespace acme::pg {
class Database;
}

namespace acme::schedule {
class Schedule;
}

namespace acme::flag_settings {

/// "flags.prune" removes old rule sets and counts.
void add_jobs(jobs::Registry& jobs, pg::Database& db, const Clock& clock);

/// Every hour.
void add_schedule(schedule::Schedule& schedule);

}  // namespace acme::flag_settings
