#include "platform/audit/audit_jobs.hpp"

#include "platform/audit/anchors.hpp"
#include "platform/audit/retire.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::audit {
namespace {

/// A first retirement, of a platform that ran for years without one, has much to do. What a run
/// does not come to is done by the next one.
constexpr std::chrono::minutes retire_time_max{10};

Task<Result<>> seal_all(pg::Database& db, trace::Context context) {
    while (co_await seal(db, context)) {
    }
    co_return done;
}

/// Twice: the day has its anchor.
Task<Result<>> anchor_day(
    pg::Database& db, objects::Store& store, const Clock& clock, trace::Context context
) {
    ACME_TRY(co_await keep_anchor(db, store, context, pg::sql_now(clock)));
    co_return done;
}

/// Twice: what is gone is gone.
Task<Result<>> retire_all(pg::Database& db, const Clock& clock, trace::Context context) {
    while (co_await retire(db, context, pg::sql_now(clock)) > 0) {
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, pg::Database& db, objects::Store& store, const Clock& clock) {
    jobs.add("audit.seal", [&db](trace::Context context, std::string) {
        return seal_all(db, context);
    });
    jobs.add("audit.anchor", [&db, &store, &clock](trace::Context context, std::string) {
        return anchor_day(db, store, clock, context);
    });
    jobs.add(
        "audit.retire",
        [&db, &clock](trace::Context context, std::string) {
            return retire_all(db, clock, context);
        },
        {.time_max = retire_time_max}
    );
}

void add_schedule(schedule::Schedule& schedule) {
    using std::chrono::hours;
    schedule.every("audit.seal", std::chrono::seconds(1), "audit.seal");
    schedule.every("audit.anchor", hours(1), "audit.anchor");
    schedule.every("audit.retire", hours(1), "audit.retire");
}

}  // namespace acme::audit
