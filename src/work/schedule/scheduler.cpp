#include "work/schedule/scheduler.hpp"

#include <algorithm>

namespace acme::schedule {
namespace {

// Names that are new begin now: their first moment is the next one.
constexpr pg::Query add_names{"schedule.add", R"sql(
    INSERT INTO schedules (name, last_at)
    SELECT name, coalesce($2::timestamptz, now()) FROM unnest($1::text[]) AS name
    ON CONFLICT (name) DO NOTHING
)sql"};

constexpr pg::Query read_names{"schedule.read", R"sql(
    SELECT name, last_at, coalesce($2::timestamptz, now()) FROM schedules
    WHERE name = ANY($1::text[])
)sql"};

// Twice the same moment finds the row of the first and returns nothing.
constexpr pg::Query insert_fire{"schedule.fire", R"sql(
    INSERT INTO schedule_fires (schedule, fire_at, fired_at)
    VALUES ($1, $2, coalesce($3::timestamptz, now()))
    ON CONFLICT (schedule, fire_at) DO NOTHING RETURNING fire_at
)sql"};

constexpr pg::Query move_on{"schedule.move_on", R"sql(
    UPDATE schedules SET last_at = greatest(last_at, $2) WHERE name = $1
)sql"};

constexpr pg::Query forget_fires{"schedule.forget", R"sql(
    DELETE FROM schedule_fires WHERE schedule = $1 AND fire_at < $2::timestamptz - interval '1 day'
)sql"};

}  // namespace

Scheduler::Scheduler(
    const Schedule& schedule, pg::Database& db, Telemetry& telemetry, SchedulerOptions options
)
    : schedule_(schedule),
      db_(db),
      telemetry_(telemetry),
      options_(std::move(options)),
      lease_("scheduler", options_.name, options_.lease_time, db, telemetry.clock),
      is_leader_(telemetry.metrics.gauge("scheduler_is_leader", "1 on the one that fires.")),
      lag_seconds_(telemetry.metrics.gauge(
          "scheduler_lag_seconds", "From the last moment that was due to its firing."
      )),
      missed_(telemetry.metrics.counter(
          "scheduler_missed_total", "Moments that were not fired because nobody led."
      )) {}

Scheduler::~Scheduler() {
    if (is_shown_) is_leader_.Decrement();
}

void Scheduler::stop() {
    is_stopping_ = true;
    while (!ticking_.empty()) ticking_.give(true);
}

Task<> Scheduler::run() {
    while (!is_stopping_) {
        try {
            co_await tick();
        } catch (const std::exception& fault) {
            telemetry_.log.error("scheduler.tick", {{"reason", fault.what()}});
        }
        if (!is_stopping_) co_await ticking_.wait(options_.tick_period);
    }
    trace::Trace untraced(telemetry_.clock, telemetry_.random);
    try {
        co_await lease_.release(untraced.begin(std::nullopt, 0));
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("scheduler.release", {{"reason", fault.what()}});
    }
    show_leader();
}

Task<int> Scheduler::tick() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto context = trace.begin(std::nullopt, 0);
    int fired = 0;
    std::exception_ptr fault;
    try {
        fired = co_await tick_once(context);
    } catch (...) {
        fault = std::current_exception();
    }
    show_leader();
    if (fault) std::rethrow_exception(fault);
    co_return fired;
}

Task<int> Scheduler::tick_once(trace::Context context) {
    if (!co_await lead(context)) co_return 0;
    int fired = 0;
    for (const Due& due : co_await find_due(context)) {
        if (!lease_.is_held()) break;
        if (co_await fire(context, due, now_)) ++fired;
    }
    co_return fired;
}

Task<bool> Scheduler::lead(trace::Context context) {
    const SteadyTime now = telemetry_.clock.steady();
    if (lease_.is_held()) {
        if (now - beaten_ < options_.beat_period) co_return true;
        beaten_ = now;
        if (co_await lease_.renew(context)) co_return true;
        telemetry_.log.warn("scheduler.replaced");
        co_return false;
    }
    if (!co_await lease_.acquire(context)) co_return false;
    beaten_ = now;
    telemetry_.log.info("scheduler.leads", {{"epoch", lease_.epoch()}});
    co_return true;
}

Task<std::vector<Scheduler::Due>> Scheduler::find_due(trace::Context context) {
    std::vector<std::string> names;
    for (const Entry& entry : schedule_.entries()) names.push_back(entry.name);
    const auto now = pg::sql_now(telemetry_.clock);
    auto rows = co_await db_.run(context, read_names, names, now);
    if (static_cast<std::size_t>(rows.size()) < names.size()) {
        co_await db_.run(context, add_names, names, now);
        rows = co_await db_.run(context, read_names, names, now);
    }
    std::vector<Due> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const std::string name = row.text();
        const WallTime last = row.time();
        now_ = row.time();
        const auto entry = std::ranges::find(schedule_.entries(), name, &Entry::name);
        const WallTime moment = moment_before(now_, entry->period);
        if (moment <= last) continue;
        const auto between = moment - moment_before(last, entry->period);
        all.push_back({
            .entry = &*entry,
            .moment = moment,
            .missed = between / std::chrono::microseconds(entry->period) - 1,
            .is_too_late = now_ - moment > missed_window,
        });
    }
    co_return all;
}

/// False: somebody else leads now, or has fired this moment.
Task<bool> Scheduler::fire(trace::Context context, Due due, WallTime now) {
    const Entry& entry = *due.entry;
    auto transaction = co_await db_.begin(context);
    if (!co_await lease_.check(transaction, context)) co_return false;
    const auto sql_now = pg::sql_now(telemetry_.clock);
    bool is_first = false;
    if (!due.is_too_late) {
        const auto rows =
            co_await transaction.run(context, insert_fire, entry.name, due.moment, sql_now);
        is_first = !rows.empty();
    }
    if (is_first) {
        co_await jobs::enqueue(transaction, context, telemetry_.clock, entry.kind, entry.args);
    }
    co_await transaction.run(context, move_on, entry.name, due.moment);
    co_await transaction.run(context, forget_fires, entry.name, due.moment);
    co_await transaction.commit(context);

    const std::int64_t missed = due.missed + (due.is_too_late ? 1 : 0);
    if (missed > 0) {
        missed_.Increment(static_cast<double>(missed));
        telemetry_.log.warn("schedule.missed", {{"schedule", entry.name}, {"moments", missed}});
    }
    const std::chrono::duration<double> lag = now - due.moment;
    lag_seconds_.Set(due.is_too_late ? 0 : lag.count());
    co_return is_first;
}

void Scheduler::show_leader() {
    const bool is_leader = lease_.is_held();
    if (is_leader == std::exchange(is_shown_, is_leader)) return;
    is_leader_.Increment(is_leader ? 1 : -1);
}

}  // namespace acme::schedule
