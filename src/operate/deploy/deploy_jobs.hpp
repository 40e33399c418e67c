#pragma once

/// What of deployments is done once a day.

#include "io/pg/database.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::deploy {

/// deploy.sweep. Twice is harmless: it deletes what is old, see Deployments::sweep().
void add_jobs(jobs::Registry& jobs, pg::Database& db, const Clock& clock);

void add_schedule(schedule::Schedule& schedule);

}  // namespace acme::deploy
