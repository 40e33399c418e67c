#include "work/schedule/scheduler.hpp"

#include <algorithm>

namespace acme::schedule {
namespace {

constexpr int batch_max = 100;  // schedules that are looked up together
constexpr int settled_together = 200;
constexpr int fires_until_trim = 100;
constexpr std::chrono::milliseconds second{1'000};

// Names that are new begin now: their first moment is the next one.
constexpr pg::Query add_names{"schedule.add", R"sql(
    INSERT INTO schedules (name, cron, kind, args, last_at)
    SELECT name, cron, kind, args, coalesce($5::timestamptz, now())
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS own (name, cron, kind, args)
    ON CONFLICT (name) DO UPDATE SET
        cron = excluded.cron, kind = excluded.kind, args = excluded.args
    WHERE (schedules.cron, schedules.kind, schedules.args)
        IS DISTINCT FROM (excluded.cron, excluded.kind, excluded.args)
)sql"};

// What this release has no more, another may still have: the row stays, and is shown no longer.
constexpr pg::Query hide_names{"schedule.hide", R"sql(
    UPDATE schedules SET kind = '' WHERE org_id = '' AND kind <> '' AND name <> ALL($1::text[])
)sql"};

constexpr pg::Query read_names{"schedule.read", R"sql(
    SELECT name, last_at, coalesce($2::timestamptz, now()) FROM schedules
    WHERE org_id = '' AND paused_at IS NULL AND name = ANY($1::text[])
)sql"};

// Of every organization: for the leader alone.
constexpr pg::Query find_rows{"schedule.due", R"sql(
    SELECT org_id, name, coalesce($1::timestamptz, now()) FROM schedules
    WHERE org_id <> '' AND paused_at IS NULL AND next_at <= coalesce($1::timestamptz, now())
    ORDER BY next_at LIMIT $2
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
        // Moments are whole seconds: the next tick comes just as the next one begins.
        const auto since = telemetry_.clock.now().time_since_epoch() % second;
        const auto until = std::chrono::ceil<std::chrono::milliseconds>(second - since);
        if (!is_stopping_) co_await ticking_.wait(std::min(options_.tick_period, until));
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
    if (!is_described_) co_await describe(context);
    co_await look_at_zones(context);
    const int fired = co_await fire_own(context) + co_await fire_of_organizations(context);
    const SteadyTime now = telemetry_.clock.steady();
    if (lease_.is_held() && now - settled_ >= options_.settle_period) {
        settled_ = now;
        co_await settle_open(context);
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
    is_described_ = false;
    looked_at_zones_.reset();
    telemetry_.log.info("scheduler.leads", {{"epoch", lease_.epoch()}});
    co_return true;
}

Task<> Scheduler::describe(trace::Context context) {
    std::vector<std::string> names;
    std::vector<std::string> crons;
    std::vector<std::string> kinds;
    std::vector<std::string> args;
    for (const Entry& entry : schedule_.entries()) {
        names.push_back(entry.name);
        crons.push_back(entry.cron);
        kinds.push_back(entry.kind);
        args.push_back(entry.args);
    }
    const auto now = pg::sql_now(telemetry_.clock);
    co_await db_.run(context, add_names, names, crons, kinds, args, now);
    co_await db_.run(context, hide_names, names);
    is_described_ = true;
}

Task<int> Scheduler::fire_own(trace::Context context) {
    std::vector<std::string> names;
    for (const Entry& entry : schedule_.entries()) names.push_back(entry.name);
    const auto rows = co_await db_.run(context, read_names, names, pg::sql_now(telemetry_.clock));
    int fired = 0;
    for (int i = 0; i < rows.size() && lease_.is_held(); ++i) {
        pg::Row row = rows[i];
        const std::string name = row.text();
        const WallTime last = row.time();
        now_ = row.time();
        const auto entry = std::ranges::find(schedule_.entries(), name, &Entry::name);
        const auto next = entry->timing.next(last);
        if (next && *next <= now_) fired += co_await fire_due(context, "", name, &*entry);
    }
    co_return fired;
}

Task<int> Scheduler::fire_of_organizations(trace::Context context) {
    int fired = 0;
    std::exception_ptr fault;
    while (lease_.is_held()) {
        const auto rows =
            co_await db_.run(context, find_rows, pg::sql_now(telemetry_.clock), batch_max);
        for (int i = 0; i < rows.size() && lease_.is_held(); ++i) {
            pg::Row row = rows[i];
            const std::string owner = row.text();
            const std::string name = row.text().substr(owner.size() + 1);
            now_ = row.time();
            try {
                fired += co_await fire_due(context, owner, name, nullptr);
            } catch (const std::exception&) {
                fault = std::current_exception();  // one that cannot be fired holds up no other
            }
        }
        if (fault) std::rethrow_exception(fault);
        if (rows.size() < batch_max) break;
    }
    co_return fired;
}

/// 0 also when somebody else leads now, or has fired it.
Task<int> Scheduler::fire_due(
    trace::Context context, std::string owner, std::string name, const Entry* entry
) {
    auto transaction = co_await db_.begin(context);
    if (!co_await lease_.check(transaction, context)) co_return 0;
    auto row = co_await lock(transaction, context, owner, name);
    if (!row || row->pause) co_return 0;
    std::vector<FieldError> problems;
    const auto timing = entry != nullptr ? entry->timing : timing_of(row->rule, problems);
    if (entry == nullptr) {
        row = co_await settle(transaction, context, telemetry_.clock, *row);
        if (!timing && !row->pause) {
            row = co_await pause(
                transaction,
                context,
                telemetry_.clock,
                *row,
                "scheduler",
                "its times cannot be read any more: " + problems.at(0).detail
            );
        }
        if (row->pause) {
            co_await transaction.commit(context);
            telemetry_.log.warn("schedule.paused", {{"schedule", row->key()}});
            co_return 0;
        }
    }
    const auto jitter = jitter_of(row->rule, row->key());
    const Due due = find_due(row->rule, *timing, jitter, row->last_at, now_);
    int fired = 0;
    if (due.missed) {
        co_await miss(transaction, context, telemetry_.clock, *row, *due.missed);
    }
    for (const Moment& moment : due.fire) {
        const auto cause = moment.is_catchup ? is_catchup : is_due;
        const auto done =
            co_await fire(transaction, context, telemetry_.clock, *row, moment.at, cause);
        if (done && done->job) ++fired;
    }
    std::optional<WallTime> next_at;
    if (due.next) next_at = *due.next + jitter;
    const std::int64_t missed = due.missed ? due.missed->moments : 0;
    co_await move_on(transaction, context, *row, due.last, next_at, missed);
    if (fired_[row->key()]++ % fires_until_trim == 0) co_await trim(transaction, context, *row);
    co_await transaction.commit(context);
    tell_of(*row, due, now_ - jitter);
    co_return fired;
}

Task<> Scheduler::settle_open(trace::Context context) {
    const auto open = co_await unsettled(db_, context, settled_up_to_, settled_together);
    settled_up_to_ =
        std::ssize(open) < settled_together ? "" : key_of(open.back().owner, open.back().name);
    for (const Unsettled& each : open) {
        auto transaction = co_await db_.begin(context);
        if (!co_await lease_.check(transaction, context)) co_return;
        const auto row = co_await lock(transaction, context, each.owner, each.name);
        if (!row) continue;
        const Row after = co_await settle(transaction, context, telemetry_.clock, *row);
        co_await transaction.commit(context);
        if (after.pause && !row->pause) {
            telemetry_.log.warn("schedule.paused", {{"schedule", row->key()}});
        }
    }
}

Task<> Scheduler::look_at_zones(trace::Context context) {
    const SteadyTime now = telemetry_.clock.steady();
    if (looked_at_zones_ && now - *looked_at_zones_ < options_.zones_period) co_return;
    looked_at_zones_ = now;
    std::string after;
    while (lease_.is_held()) {
        const auto others = co_await of_other_zones(db_, context, options_.zones, after, batch_max);
        for (const Place& place : others) co_await follow(context, place);
        if (std::ssize(others) < batch_max) break;
        after = key_of(others.back().owner, others.back().name);
    }
    const std::string there = options_.zones_there();
    if (there == options_.zones) co_return;
    telemetry_.log.warn("scheduler.zones", {{"reads", options_.zones}, {"there", there}});
    if (options_.outdated) options_.outdated();
}

Task<> Scheduler::follow(trace::Context context, Place place) {
    auto transaction = co_await db_.begin(context);
    if (!co_await lease_.check(transaction, context)) co_return;
    const auto row = co_await lock(transaction, context, place.owner, place.name);
    if (!row) co_return;
    co_await follow_zones(transaction, context, *row, options_.zones);
    co_await transaction.commit(context);
}

void Scheduler::tell_of(const Row& row, const Due& due, WallTime now) {
    if (due.missed) {
        missed_.Increment(static_cast<double>(due.missed->moments));
        telemetry_.log.warn(
            "schedule.missed", {{"schedule", row.key()}, {"moments", due.missed->moments}}
        );
    }
    const std::chrono::duration<double> lag = now - due.last;
    lag_seconds_.Set(due.fire.empty() ? 0 : lag.count());
}

void Scheduler::show_leader() {
    const bool is_leader = lease_.is_held();
    if (is_leader == std::exchange(is_shown_, is_leader)) return;
    is_leader_.Increment(is_leader ? 1 : -1);
}

}  // namespace acme::schedule
