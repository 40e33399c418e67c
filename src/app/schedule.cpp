#include "work/schedule/schedule.hpp"

#include "app/lists.hpp"

namespace acme::app {

void add_schedule(schedule::Schedule& schedule) {
    using std::chrono::hours;
    schedule.every("events.sweep", hours(1), "events.sweep");
    schedule.every("idempotency.sweep", hours(1), "idempotency.sweep");
}

}  // namespace acme::app
