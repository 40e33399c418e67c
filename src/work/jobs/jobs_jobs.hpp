#pragma once

/// What the queue does for itself, as a job.

#include "work/jobs/jobs.hpp"

namespace acme::jobs {

/// "jobs.keep_house", to be scheduled every hour: days of history made ahead and dropped, dead
/// letters and rights whose time is over. Twice is safe: what is gone is not found.
void add_jobs(Registry& registry, pg::Database& db, const Clock& clock);

}  // namespace acme::jobs
