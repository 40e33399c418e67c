#pragma once

/// The look every five minutes (BEY-6).

#include "operate/deploy/deploy_cli.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::drift {

inline constexpr std::chrono::minutes look_period{5};

/// drift.look. Twice is harmless: it looks, and keeps the newest look.
void add_jobs(jobs::Registry& jobs, deploy::CliParts parts);

void add_schedule(schedule::Schedule& schedule);

}  // namespace acme::drift
