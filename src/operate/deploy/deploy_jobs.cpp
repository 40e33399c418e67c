#include "operate/deploy/deploy_jobs.hpp"

#include "operate/deploy/deployments.hpp"

namespace acme::deploy {
namespace {

constexpr std::string_view sweep_kind = "deploy.sweep";
constexpr std::chrono::hours sweep_period{24};

Task<Result<>> sweep(pg::Database& db, const Clock& clock, trace::Context context) {
    Deployments deployments(db);
    co_await deployments.sweep(context, clock.now());
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, pg::Database& db, const Clock& clock) {
    jobs.add(sweep_kind, [&](trace::Context context, const std::string&) {
        return sweep(db, clock, context);
    });
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("deploy.sweep", sweep_period, std::string(sweep_kind));
}

}  // namespace acme::deploy
