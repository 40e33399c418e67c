#include "platform/schedules/schedules.hpp"

#include <algorithm>

namespace acme::schedules {
namespace {

std::string shown(const Rule& rule) {
    return audit::json_of({
        {"cron", rule.cron},
        {"rrule", rule.rrule},
        {"zone", rule.zone},
        {"dst", cron::name_of(rule.dst)},
        {"queue", rule.queue},
        {"kind", rule.kind},
        {"payload_bytes", std::to_string(rule.args.size())},
        {"priority", std::to_string(rule.priority)},
        {"overlap", schedule::name_of(rule.overlap)},
        {"catchup", schedule::name_of(rule.catchup)},
    });
}

std::unexpected<Error> invalid(std::vector<FieldError> problems) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "schedules.invalid",
        .message = "The schedule cannot be as it is.",
        .fields = std::move(problems),
    });
}

std::unexpected<Error> has_changed() {
    return refuse(
        ErrorKind::conflict, "http.precondition_failed", "It has changed: read it again."
    );
}

bool is_own(std::string_view owner) { return owner.empty(); }

}  // namespace

std::unexpected<Error> no_such_schedule() {
    return refuse(ErrorKind::not_found, "schedules.not_found", "There is no such schedule.");
}

std::vector<Run> runs_of(const Rule& rule, WallTime after, int count) {
    std::vector<FieldError> problems;
    const auto timing = schedule::timing_of(rule, problems);
    std::vector<Run> runs;
    if (!timing) return runs;
    auto next = schedule::next_of(rule, *timing, after);
    while (next && std::ssize(runs) < count) {
        const auto instant = std::chrono::floor<std::chrono::seconds>(*next);
        runs.push_back({
            .at = *next,
            .local = cron::to_local(timing->zone(), *next),
            .abbreviation = timing->zone().at(instant).abbreviation,
        });
        next = schedule::next_of(rule, *timing, *next);
    }
    return runs;
}

Task<std::vector<Row>> Schedules::list(
    trace::Context context, std::string owner, std::string after, int limit
) {
    return schedule::list(db_, context, std::move(owner), std::move(after), limit);
}

Task<Result<Row>> Schedules::find(trace::Context context, std::string owner, std::string name) {
    auto row = co_await schedule::find(db_, context, owner, name);
    if (!row) co_return no_such_schedule();
    co_return *std::move(row);
}

Task<Result<std::vector<Fire>>> Schedules::history(
    trace::Context context,
    std::string owner,
    std::string name,
    std::optional<WallTime> before,
    int limit
) {
    ACME_TRY(co_await find(context, owner, name));
    co_return co_await schedule::history(db_, context, owner, name, before, limit);
}

Task<Result<Row>> Schedules::put(
    trace::Context context,
    audit::Actor actor,
    std::string owner,
    std::string name,
    std::optional<std::int64_t> version,
    Rule rule
) {
    auto problems = schedule::problems_of(rule, now());
    if (!schedule::is_name(name)) {
        problems.push_back(
            {"",
             "schedules.name",
             "its name must be lower-case letters, digits, _, . and -, 63 at most, and begin with "
             "a letter"}
        );
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    auto transaction = co_await db_.begin(context);
    const auto count = co_await schedule::count(transaction, context, owner);
    const auto before = co_await schedule::lock(transaction, context, owner, name);
    if (before.has_value() != version.has_value() || (before && before->version != *version)) {
        co_return has_changed();
    }
    if (!before && count >= schedules_max) {
        co_return refuse(
            ErrorKind::conflict,
            "schedules.too_many",
            "The organization has 100 schedules, which is as many as it may have."
        );
    }
    Row after = co_await schedule::write(
        transaction, context, telemetry_.clock, owner, name, before, std::move(rule), actor.name
    );
    audit::Entry entry{
        .action = before ? "schedules.change" : "schedules.create",
        .target = after.name,
        .before = before ? shown(before->rule) : "",
        .after = shown(after.rule),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<>> Schedules::remove(
    trace::Context context, audit::Actor actor, std::string owner, std::string name
) {
    auto transaction = co_await db_.begin(context);
    const auto row = co_await schedule::lock(transaction, context, owner, name);
    if (!row || is_own(owner)) co_return no_such_schedule();
    co_await schedule::remove(transaction, context, *row);
    audit::Entry entry{
        .action = "schedules.delete", .target = row->name, .before = shown(row->rule)
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<Row>> Schedules::pause(
    trace::Context context,
    audit::Actor actor,
    std::string owner,
    std::string name,
    std::string reason
) {
    auto transaction = co_await db_.begin(context);
    const auto row = co_await schedule::lock(transaction, context, owner, name);
    if (!row) co_return no_such_schedule();
    Row after =
        co_await schedule::pause(transaction, context, telemetry_.clock, *row, actor.name, reason);
    audit::Entry entry{
        .action = "schedules.pause",
        .target = row->name,
        .after = audit::json_of({{"reason", reason}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<Row>> Schedules::resume(
    trace::Context context, audit::Actor actor, std::string owner, std::string name
) {
    auto transaction = co_await db_.begin(context);
    auto row = co_await schedule::lock(transaction, context, owner, name);
    if (!row) co_return no_such_schedule();
    if (!row->pause) co_return *std::move(row);
    Row after = co_await schedule::resume(transaction, context, telemetry_.clock, *row);
    audit::Entry entry{
        .action = "schedules.resume",
        .target = row->name,
        .before = audit::json_of({{"reason", row->pause->reason}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<Fire>> Schedules::trigger(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    std::string owner,
    std::string name
) {
    const auto row = co_await schedule::lock(transaction, context, owner, name);
    if (!row) co_return no_such_schedule();
    // A moment to the microsecond, which no rule has; the row is locked, so it is the only one.
    WallTime moment = now();
    std::optional<Fire> fired;
    while (!fired) {
        fired = co_await schedule::fire(
            transaction, context, telemetry_.clock, *row, moment, schedule::is_trigger, actor.name
        );
        moment += std::chrono::microseconds(1);
    }
    audit::Entry entry{
        .action = "schedules.trigger",
        .target = row->name,
        .after = audit::json_of({{"job", std::to_string(fired->job.value_or(0))}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return *std::move(fired);
}

Task<Result<Backfilled>> Schedules::backfill(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    std::string owner,
    std::string name,
    Backfill asked
) {
    auto row = co_await schedule::lock(transaction, context, owner, name);
    if (!row || is_own(owner)) co_return no_such_schedule();
    if (asked.to < asked.from || asked.to > now()) {
        co_return refuse(
            ErrorKind::invalid,
            "schedules.range",
            "from must not be after to, and to not in the future."
        );
    }
    auto moments = schedule::moments_between(row->rule, asked.from, asked.to);
    if (std::ssize(moments) > schedule::backfill_max) {
        co_return refuse(
            ErrorKind::conflict,
            "schedules.too_long",
            "There are more than 1000 moments in that time: ask for a part of it."
        );
    }
    Backfilled result;
    result.moments = co_await schedule::not_fired(transaction, context, *row, std::move(moments));
    if (asked.is_dry_run) co_return result;
    row = co_await schedule::settle(transaction, context, telemetry_.clock, *row);
    for (const WallTime moment : result.moments) {
        const auto fired = co_await schedule::fire(
            transaction, context, telemetry_.clock, *row, moment, schedule::is_backfill, actor.name
        );
        if (!fired) continue;
        ++(fired->job ? result.fired : result.waiting);
    }
    audit::Entry entry{
        .action = "schedules.backfill",
        .target = row->name,
        .after = audit::json_of(
            {{"from", to_rfc3339(asked.from)},
             {"to", to_rfc3339(asked.to)},
             {"moments", std::to_string(result.moments.size())}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return result;
}

}  // namespace acme::schedules
