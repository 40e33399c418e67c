#include "platform/flag_settings/settings_jobs.hpp"

#include "io/pg/database.hpp"
#include "platform/flag_settings/counts.hpp"
#include "platform/flag_settings/rulesets.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::flag_settings {
namespace {

/// Safe twice: it asks for age and number alone.
Task<Result<>> prune(pg::Database& db, const Clock& clock, trace::Context context) {
    co_await prune_rulesets(db, context, clock.now());
    while (co_await prune_counts(db, context, clock.now())) {
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, pg::Database& db, const Clock& clock) {
    jobs.add("flags.prune", [&db, &clock](trace::Context context, std::string) {
        return prune(db, clock, context);
    });
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("flags.prune", std::chrono::hours(1), "flags.prune");
}

}  // namespace acme::flag_settings
