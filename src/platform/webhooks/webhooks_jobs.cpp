#include "platform/webhooks/webhooks_jobs.hpp"

#include "platform/webhooks/deliveries.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::webhooks {
namespace {

constexpr int sweeps_max = 50;  // the next hour goes on

Task<Result<>> fan_out(Deliveries& deliveries, trace::Context context) {
    co_await deliveries.fan_out(context);
    co_return done;
}

Task<Result<>> sweep(Deliveries& deliveries, trace::Context context) {
    for (int i = 0; i < sweeps_max; ++i) {
        if (!co_await deliveries.sweep(context)) co_return done;
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Deliveries& deliveries) {
    jobs.add("webhooks.fan_out", [&](trace::Context context, std::string) {
        return fan_out(deliveries, context);
    });
    jobs.add("webhooks.sweep", [&](trace::Context context, std::string) {
        return sweep(deliveries, context);
    });
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("webhooks.fan_out", std::chrono::seconds(1), "webhooks.fan_out");
    schedule.every("webhooks.sweep", std::chrono::hours(1), "webhooks.sweep");
}

}  // namespace acme::webhooks
