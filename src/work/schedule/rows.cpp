#include "work/schedule/rows.hpp"

#include "work/schedule/zones.hpp"

namespace acme::schedule {
namespace {

// The newest run is found by the primary key of schedule_fires, from its end.
constexpr pg::Query list_rows{"schedule.list", R"sql(
    SELECT org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at,
           (SELECT state FROM schedule_fires WHERE schedule = schedules.name
            ORDER BY fire_at DESC LIMIT 1)
    FROM schedules
    WHERE org_id = $1 AND kind <> '' AND (name COLLATE "C") > ($2 COLLATE "C")
    ORDER BY name COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query find_row{"schedule.find", R"sql(
    SELECT org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at,
           (SELECT state FROM schedule_fires WHERE schedule = schedules.name
            ORDER BY fire_at DESC LIMIT 1)
    FROM schedules WHERE org_id = $1 AND name = $2 AND kind <> ''
)sql"};

constexpr pg::Query lock_row{"schedule.lock", R"sql(
    SELECT org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at, NULL::text
    FROM schedules WHERE org_id = $1 AND name = $2 AND kind <> '' FOR UPDATE
)sql"};

constexpr pg::Query lock_owner{"schedule.lock_owner", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('schedules ' || $1, 0))
)sql"};

constexpr pg::Query count_rows{"schedule.count", R"sql(
    SELECT count(*) FROM schedules WHERE org_id = $1
)sql"};

constexpr pg::Query write_row{"schedule.write", R"sql(
    INSERT INTO schedules (
        org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup,
        window_s, jitter_s, starts_at, ends_at, failures_max, last_at, next_at, created_at,
        updated_at, changed_by, zones, zone_offset_s, zone_offset_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $20, $21, $22, $23::bigint, $18)
    ON CONFLICT (name) DO UPDATE SET
        cron = excluded.cron, rrule = excluded.rrule, zone = excluded.zone, dst = excluded.dst,
        queue = excluded.queue, kind = excluded.kind, args = excluded.args,
        priority = excluded.priority, overlap = excluded.overlap, catchup = excluded.catchup,
        window_s = excluded.window_s, jitter_s = excluded.jitter_s,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        failures_max = excluded.failures_max, failures = 0, last_at = excluded.last_at,
        next_at = excluded.next_at, updated_at = excluded.updated_at,
        changed_by = excluded.changed_by, version = schedules.version + 1, zones = excluded.zones,
        zone_offset_s = excluded.zone_offset_s, zone_offset_at = excluded.zone_offset_at
    RETURNING org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at, NULL::text
)sql"};

constexpr pg::Query delete_row{"schedule.delete", R"sql(
    DELETE FROM schedules WHERE org_id = $1 AND name = $2
)sql"};

constexpr pg::Query delete_fires{"schedule.delete_fires", R"sql(
    DELETE FROM schedule_fires WHERE org_id = $1 AND schedule = $2
)sql"};

constexpr pg::Query pause_row{"schedule.pause", R"sql(
    UPDATE schedules SET paused_at = coalesce(paused_at, $3), paused_by = $4, pause_reason = $5,
        updated_at = $3, version = version + 1
    WHERE org_id = $1 AND name = $2
    RETURNING org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at, NULL::text
)sql"};

constexpr pg::Query resume_row{"schedule.resume", R"sql(
    UPDATE schedules SET paused_at = NULL, paused_by = '', pause_reason = '', failures = 0,
        last_at = greatest(last_at, $3), next_at = $4, updated_at = $3, version = version + 1,
        zones = $5, zone_offset_s = $6::bigint, zone_offset_at = greatest(last_at, $3)
    WHERE org_id = $1 AND name = $2
    RETURNING org_id, name, cron, rrule, zone, dst, queue, kind, args, priority, overlap, catchup, window_s,
           jitter_s, starts_at, ends_at, failures_max, paused_at, paused_by, pause_reason, last_at,
           next_at, missed, failures, version, created_at, updated_at, NULL::text
)sql"};

Rule rule_in(pg::Row& row) {
    // A braced list is read from left to right, as the row is.
    return {
        .cron = row.text(),
        .rrule = row.text(),
        .zone = row.text(),
        .dst = cron::dst_of(row.text()).value_or(cron::Dst::vixie),
        .queue = row.text(),
        .kind = row.text(),
        .args = row.text(),
        .priority = row.integer(),
        .overlap = overlap_of(row.text()).value_or(Overlap::skip),
        .catchup = catchup_of(row.text()).value_or(Catchup::last),
        .window_s = row.integer(),
        .jitter_s = row.integer(),
        .starts_at = row.time_or_null(),
        .ends_at = row.time_or_null(),
        .failures_max = row.integer_or_null(),
    };
}

Row row_in(pg::Row row) {
    Row found;
    found.owner = row.text();
    const std::string key = row.text();
    found.name = found.owner.empty() ? key : key.substr(found.owner.size() + 1);
    found.rule = rule_in(row);
    const auto paused_at = row.time_or_null();
    std::string by = row.text();
    std::string reason = row.text();
    if (paused_at) found.pause = Pause{*paused_at, std::move(by), std::move(reason)};
    found.last_at = row.time();
    found.next_at = row.time_or_null();
    found.missed = row.integer();
    found.failures = row.integer();
    found.version = row.integer();
    found.created_at = row.time();
    found.updated_at = row.time();
    found.last_state = row.text_or_null();
    return found;
}

std::optional<Row> one_in(const pg::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return row_in(rows[0]);
}

/// When the leader has to look at it after `last`.
std::optional<WallTime> look_at(const Rule& rule, std::string_view key, WallTime last) {
    std::vector<FieldError> problems;
    const auto timing = timing_of(rule, problems);
    if (!timing) return std::nullopt;
    const auto next = next_of(rule, *timing, last);
    if (!next) return std::nullopt;
    return *next + jitter_of(rule, key);
}

bool is_same_time(const Rule& one, const Rule& other) {
    return one.cron == other.cron && one.rrule == other.rrule && one.zone == other.zone &&
           one.dst == other.dst && one.starts_at == other.starts_at &&
           one.ends_at == other.ends_at && one.jitter_s == other.jitter_s;
}

}  // namespace

std::string key_of(std::string_view owner, std::string_view name) {
    if (owner.empty()) return std::string(name);
    return std::string(owner) + "/" + std::string(name);
}

std::string Row::key() const { return key_of(owner, name); }

Task<std::vector<Row>> list(
    pg::Database& db, trace::Context context, std::string owner, std::string after, int limit
) {
    const auto rows = co_await db.run(context, list_rows, owner, key_of(owner, after), limit);
    std::vector<Row> found;
    for (int i = 0; i < rows.size(); ++i) found.push_back(row_in(rows[i]));
    co_return found;
}

Task<std::optional<Row>> find(
    pg::Database& db, trace::Context context, std::string owner, std::string name
) {
    if (!is_name(name)) co_return std::nullopt;  // it need not even be text
    co_return one_in(co_await db.run(context, find_row, owner, key_of(owner, name)));
}

Task<std::optional<Row>> lock(
    pg::Transaction& transaction, trace::Context context, std::string owner, std::string name
) {
    if (!is_name(name)) co_return std::nullopt;
    co_return one_in(co_await transaction.run(context, lock_row, owner, key_of(owner, name)));
}

Task<std::int64_t> count(pg::Transaction& transaction, trace::Context context, std::string owner) {
    co_await transaction.run(context, lock_owner, owner);
    const auto rows = co_await transaction.run(context, count_rows, owner);
    co_return rows[0].integer();
}

Task<Row> write(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string owner,
    std::string name,
    std::optional<Row> before,
    Rule rule,
    std::string by
) {
    const WallTime now = clock.now();
    const std::string key = key_of(owner, name);
    const bool goes_on = before && is_same_time(before->rule, rule);
    const WallTime last = goes_on ? before->last_at : now;
    std::optional<std::string> failures_max;
    if (rule.failures_max) failures_max = std::to_string(*rule.failures_max);
    const auto rows = co_await transaction.run(
        context,
        write_row,
        owner,
        key,
        rule.cron,
        rule.rrule,
        rule.zone,
        cron::name_of(rule.dst),
        rule.queue,
        rule.kind,
        rule.args,
        rule.priority,
        name_of(rule.overlap),
        name_of(rule.catchup),
        rule.window_s,
        rule.jitter_s,
        rule.starts_at,
        rule.ends_at,
        failures_max,
        last,
        look_at(rule, key, last),
        now,
        by,
        cron::zones_version(),
        offset_of(rule, last)
    );
    co_return row_in(rows[0]);
}

Task<> remove(pg::Transaction& transaction, trace::Context context, Row row) {
    co_await transaction.run(context, delete_fires, row.owner, row.key());
    co_await transaction.run(context, delete_row, row.owner, row.key());
}

Task<Row> pause(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Row row,
    std::string by,
    std::string reason
) {
    const auto rows =
        co_await transaction.run(context, pause_row, row.owner, row.key(), clock.now(), by, reason);
    co_return row_in(rows[0]);
}

Task<Row> resume(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row
) {
    const WallTime now = clock.now();
    const WallTime last = std::max(row.last_at, now);
    const auto rows = co_await transaction.run(
        context,
        resume_row,
        row.owner,
        row.key(),
        now,
        look_at(row.rule, row.key(), last),
        cron::zones_version(),
        offset_of(row.rule, last)
    );
    co_return row_in(rows[0]);
}

}  // namespace acme::schedule
