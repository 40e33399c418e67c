#pragma once

namespace acme {
class Clock;
}

namespace acme::jobs {
class Registry;
}

namespace acme::objects {
class Store;
}

namespace acme::pg {
class Database;
}

namespace acme::schedule {
class Schedule;
}

namespace acme::audit {

/// "audit.seal" chains what has been committed, "audit.anchor" keeps the end of the day's chain,
/// "audit.retire" removes what is older than 400 days.
void add_jobs(jobs::Registry& jobs, pg::Database& db, objects::Store& store, const Clock& clock);

/// Every second, and the others every hour: so a machine that is off at midnight keeps an anchor of
/// the day too. All but the first run of a day find it done.
void add_schedule(schedule::Schedule& schedule);

}  // namespace acme::audit
