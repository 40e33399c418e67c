#include "work/schedule/fires.hpp"

#include "work/jobs/fates.hpp"
#include "work/schedule/zones.hpp"

#include <algorithm>

namespace acme::schedule {
namespace {

constexpr int open_max = 1000;  // that are looked at together, the oldest first

constexpr pg::Query read_history{"schedule.history", R"sql(
    SELECT fire_at, through, moments, state, cause, asked_by, fired_at, ended_at, job_id
    FROM schedule_fires
    WHERE org_id = $1 AND schedule = $2 AND ($3::timestamptz IS NULL OR fire_at < $3)
    ORDER BY fire_at DESC LIMIT $4
)sql"};

// Twice the same moment finds the row of the first and returns nothing; unless it was left out, and
// somebody asks for it.
constexpr pg::Query insert_fire{"schedule.fire", R"sql(
    INSERT INTO schedule_fires (org_id, schedule, fire_at, fired_at, state, cause, asked_by)
    VALUES ($1, $2, $3, coalesce($4::timestamptz, now()), $5, $6, $7)
    ON CONFLICT (schedule, fire_at) DO UPDATE SET
        fired_at = excluded.fired_at, state = excluded.state, cause = excluded.cause,
        asked_by = excluded.asked_by
    WHERE schedule_fires.state IN ('skipped', 'cancelled') AND excluded.cause = 'backfill'
    RETURNING fired_at
)sql"};

constexpr pg::Query insert_missed{"schedule.miss", R"sql(
    INSERT INTO schedule_fires (org_id, schedule, fire_at, fired_at, state, through, moments)
    VALUES ($1, $2, $3::timestamptz - interval '1 us', coalesce($4::timestamptz, now()), 'missed',
            $5, $6)
    ON CONFLICT (schedule, fire_at) DO NOTHING
)sql"};

constexpr pg::Query set_job{"schedule.set_job", R"sql(
    UPDATE schedule_fires SET job_id = $4 WHERE org_id = $1 AND schedule = $2 AND fire_at = $3
)sql"};

constexpr pg::Query move_row{"schedule.move_on", R"sql(
    UPDATE schedules SET last_at = greatest(last_at, $3), next_at = $4, missed = missed + $5,
        zones = $6, zone_offset_s = $7::bigint, zone_offset_at = $3
    WHERE org_id = $1 AND name = $2
)sql"};

constexpr pg::Query find_open{"schedule.open", R"sql(
    SELECT job_id FROM schedule_fires
    WHERE org_id = $1 AND schedule = $2 AND state = 'open' ORDER BY fire_at LIMIT $3
)sql"};

constexpr pg::Query count_waiting{"schedule.waiting", R"sql(
    SELECT count(*) FROM schedule_fires
    WHERE org_id = $1 AND schedule = $2 AND state = 'waiting'
)sql"};

constexpr pg::Query end_fires{"schedule.end", R"sql(
    UPDATE schedule_fires AS fire
    SET state = fate.state, ended_at = coalesce(nullif(fate.ended_at, '')::timestamptz, $6, now())
    FROM unnest($3::bigint[], $4::text[], $5::text[]) AS fate (job_id, state, ended_at)
    WHERE fire.org_id = $1 AND fire.schedule = $2 AND fire.state = 'open'
      AND fire.job_id = fate.job_id
)sql"};

constexpr pg::Query count_failures{"schedule.failures", R"sql(
    UPDATE schedules SET failures = $3 WHERE org_id = $1 AND name = $2
)sql"};

constexpr pg::Query next_waiting{"schedule.next_waiting", R"sql(
    UPDATE schedule_fires SET state = 'open', fired_at = coalesce($3::timestamptz, now())
    WHERE org_id = $1 AND schedule = $2 AND fire_at = (
        SELECT fire_at FROM schedule_fires
        WHERE org_id = $1 AND schedule = $2 AND state = 'waiting' ORDER BY fire_at LIMIT 1
    )
    RETURNING fire_at, fired_at, cause, asked_by
)sql"};

// Of everybody's: for the leader alone.
constexpr pg::Query find_unsettled{"schedule.unsettled", R"sql(
    SELECT DISTINCT schedule, org_id FROM schedule_fires
    WHERE state IN ('open', 'waiting') AND schedule > $1 AND org_id <> ''
    ORDER BY schedule LIMIT $2
)sql"};

constexpr pg::Query trim_fires{"schedule.trim", R"sql(
    DELETE FROM schedule_fires
    WHERE org_id = $1 AND schedule = $2 AND state NOT IN ('open', 'waiting') AND fire_at <= (
        SELECT fire_at FROM schedule_fires WHERE org_id = $1 AND schedule = $2
        ORDER BY fire_at DESC OFFSET $3 LIMIT 1
    )
)sql"};

constexpr pg::Query find_fired{"schedule.fired", R"sql(
    SELECT fire_at FROM schedule_fires
    WHERE org_id = $1 AND schedule = $2 AND fire_at BETWEEN $3 AND $4
      AND state NOT IN ('missed', 'skipped', 'cancelled')
)sql"};

Fire fire_in(pg::Row row) {
    const WallTime place = row.time();
    Fire fire{
        .place = place,
        .moment = place,
        .through = row.time_or_null(),
        .moments = row.integer(),
        .state = row.text(),
        .cause = row.text(),
        .asked_by = row.text(),
        .fired_at = row.time(),
        .ended_at = row.time_or_null(),
        .job = row.integer_or_null(),
    };
    if (fire.state == "missed") {
        fire.moment += std::chrono::microseconds(1);
        fire.fired_at.reset();
    }
    if (fire.state == "skipped" || fire.state == "waiting") fire.fired_at.reset();
    return fire;
}

Task<std::vector<std::int64_t>> open_jobs(
    pg::Transaction& transaction, trace::Context context, const Row& row
) {
    const auto rows = co_await transaction.run(context, find_open, row.owner, row.key(), open_max);
    std::vector<std::int64_t> jobs;
    for (int i = 0; i < rows.size(); ++i) jobs.push_back(rows[i].integer());
    co_return jobs;
}

Task<std::int64_t> waiting(pg::Transaction& transaction, trace::Context context, const Row& row) {
    const auto rows = co_await transaction.run(context, count_waiting, row.owner, row.key());
    co_return rows[0].integer();
}

/// The state that a moment gets now. Cancels what runs, where the rule says so.
Task<std::string_view> state_of(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    const Row& row,
    std::string_view cause
) {
    // Nobody follows the program's own: they are written to meet themselves.
    if (row.owner.empty()) co_return "fired";
    const Overlap overlap = row.rule.overlap;
    if (cause == is_trigger || overlap == Overlap::allow) co_return "open";
    const auto jobs = co_await open_jobs(transaction, context, row);
    if (overlap == Overlap::cancel_running) {
        if (!jobs.empty()) co_await jobs::cancel(transaction, context, clock, row.owner, jobs);
        co_return "open";
    }
    const auto queued = co_await waiting(transaction, context, row);
    if (jobs.empty() && queued == 0 && !row.pause) co_return "open";
    if (cause == is_backfill) co_return queued < waiting_max ? "waiting" : "skipped";
    if (overlap == Overlap::queue_all) co_return queued < waiting_max ? "waiting" : "skipped";
    if (overlap == Overlap::queue_one && queued == 0) co_return "waiting";
    co_return "skipped";
}

Task<std::int64_t> enqueue(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    const Row& row,
    const Fire& fire
) {
    const bool is_late = fire.cause == is_catchup || fire.cause == is_backfill;
    // The program's own kinds read arguments of their own.
    std::string args = row.owner.empty()
                           ? row.rule.args
                           : args_for(row.rule, row.name, fire.moment, *fire.fired_at, is_late);
    const std::int64_t job = co_await jobs::add_for(
        transaction,
        context,
        clock,
        {.org = row.owner,
         .queue = row.rule.queue,
         .kind = row.rule.kind,
         .args = std::move(args),
         .priority = row.rule.priority,
         .user = fire.asked_by}
    );
    co_await transaction.run(context, set_job, row.owner, row.key(), fire.moment, job);
    co_return job;
}

}  // namespace

Task<std::vector<Fire>> history(
    pg::Database& db,
    trace::Context context,
    std::string owner,
    std::string name,
    std::optional<WallTime> before,
    int limit
) {
    const auto rows =
        co_await db.run(context, read_history, owner, key_of(owner, name), before, limit);
    std::vector<Fire> found;
    std::vector<std::int64_t> jobs;
    for (int i = 0; i < rows.size(); ++i) {
        found.push_back(fire_in(rows[i]));
        if (found.back().state == "fired" && found.back().job) jobs.push_back(*found.back().job);
    }
    // Of those that nobody follows.
    std::vector<jobs::Fate> fates;
    if (!jobs.empty()) fates = co_await jobs::fates(db, context, owner, std::move(jobs));
    for (Fire& fire : found) {
        if (fire.state != "fired") continue;
        const auto fate = std::ranges::find(fates, fire.job.value_or(0), &jobs::Fate::id);
        fire.state = fate == fates.end() ? "done" : fate->state;
        if (fate != fates.end()) fire.ended_at = fate->ended_at;
    }
    co_return found;
}

Task<std::optional<Fire>> fire(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Row row,
    WallTime moment,
    std::string_view cause,
    std::string by
) {
    const auto state = co_await state_of(transaction, context, clock, row, cause);
    const auto rows = co_await transaction.run(
        context, insert_fire, row.owner, row.key(), moment, pg::sql_now(clock), state, cause, by
    );
    if (rows.empty()) co_return std::nullopt;
    Fire fire{
        .place = moment,
        .moment = moment,
        .state = std::string(state),
        .cause = std::string(cause),
        .asked_by = std::move(by),
        .fired_at = rows[0].time(),
    };
    if (state == "open" || state == "fired") {
        fire.job = co_await enqueue(transaction, context, clock, row, fire);
        fire.state = "open";
    } else {
        fire.fired_at.reset();
    }
    co_return fire;
}

Task<> miss(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row, Missed missed
) {
    co_await transaction.run(
        context,
        insert_missed,
        row.owner,
        row.key(),
        missed.first,
        pg::sql_now(clock),
        missed.last,
        missed.moments
    );
}

Task<> move_on(
    pg::Transaction& transaction,
    trace::Context context,
    Row row,
    WallTime last,
    std::optional<WallTime> next_at,
    std::int64_t missed
) {
    co_await transaction.run(
        context,
        move_row,
        row.owner,
        row.key(),
        last,
        next_at,
        missed,
        cron::zones_version(),
        offset_of(row.rule, last)
    );
}

Task<Row> settle(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row
) {
    auto open = co_await open_jobs(transaction, context, row);
    std::vector<jobs::Fate> ended;
    if (!open.empty()) ended = co_await jobs::fates(transaction, context, row.owner, open);
    std::erase_if(ended, [](const jobs::Fate& fate) { return fate.state == "open"; });
    std::ranges::sort(ended, {}, &jobs::Fate::ended_at);
    std::vector<std::int64_t> ids;
    std::vector<std::string> states;
    std::vector<std::string> times;
    for (const jobs::Fate& fate : ended) {
        ids.push_back(fate.id);
        states.push_back(fate.state);
        times.push_back(fate.ended_at ? to_rfc3339(*fate.ended_at) : "");
        if (fate.state == "done") row.failures = 0;
        if (fate.state == "failed") ++row.failures;
    }
    const auto now = pg::sql_now(clock);
    if (!ended.empty()) {
        co_await transaction.run(context, end_fires, row.owner, row.key(), ids, states, times, now);
        co_await transaction.run(context, count_failures, row.owner, row.key(), row.failures);
    }
    if (row.rule.failures_max && row.failures >= *row.rule.failures_max && !row.pause) {
        std::string reason = std::to_string(row.failures) + " runs in a row failed";
        row = co_await pause(transaction, context, clock, row, "scheduler", std::move(reason));
    }
    if (ended.size() < open.size() || row.pause) co_return row;
    const auto rows = co_await transaction.run(context, next_waiting, row.owner, row.key(), now);
    if (rows.empty()) co_return row;
    pg::Row next = rows[0];
    Fire fire;
    fire.moment = next.time();
    fire.fired_at = next.time();
    fire.cause = next.text();
    fire.asked_by = next.text();
    co_await enqueue(transaction, context, clock, row, fire);
    co_return row;
}

Task<std::vector<Unsettled>> unsettled(
    pg::Database& db, trace::Context context, std::string after, int limit
) {
    const auto rows = co_await db.run(context, find_unsettled, after, limit);
    std::vector<Unsettled> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const std::string key = row.text();
        const std::string owner = row.text();
        found.push_back({owner, key.substr(owner.size() + 1)});
    }
    co_return found;
}

Task<> trim(pg::Transaction& transaction, trace::Context context, Row row) {
    co_await transaction.run(context, trim_fires, row.owner, row.key(), kept_fires);
}

std::vector<WallTime> moments_between(const Rule& rule, WallTime from, WallTime to) {
    std::vector<FieldError> problems;
    const auto timing = timing_of(rule, problems);
    std::vector<WallTime> moments;
    if (!timing) return moments;
    auto next = next_of(rule, *timing, from - std::chrono::microseconds(1));
    while (next && *next <= to && std::ssize(moments) <= backfill_max) {
        moments.push_back(*next);
        next = next_of(rule, *timing, *next);
    }
    return moments;
}

Task<std::vector<WallTime>> not_fired(
    pg::Transaction& transaction, trace::Context context, Row row, std::vector<WallTime> moments
) {
    if (moments.empty()) co_return moments;
    const auto rows = co_await transaction.run(
        context, find_fired, row.owner, row.key(), moments.front(), moments.back()
    );
    std::vector<WallTime> fired;
    for (int i = 0; i < rows.size(); ++i) fired.push_back(rows[i].time());
    std::erase_if(moments, [&](WallTime moment) { return std::ranges::count(fired, moment) > 0; });
    co_return moments;
}

}  // namespace acme::schedule
