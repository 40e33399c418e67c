#include "platform/events/events_jobs.hpp"

#include "platform/events/log.hpp"

namespace acme::events {
namespace {

Task<Result<>> sweep_all(pg::Database& db, trace::Context context) {
    while (co_await sweep(db, context)) {
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, pg::Database& db) {
    jobs.add("events.sweep", [&db](trace::Context context, std::string) {
        return sweep_all(db, context);
    });
}

}  // namespace acme::events
