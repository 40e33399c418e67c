#pragma once

#include "io/pg/database.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::events {

/// "events.sweep", to be run every hour, removes what is older than a day.
void add_jobs(jobs::Registry& jobs, pg::Database& db);

}  // namespace acme::events
