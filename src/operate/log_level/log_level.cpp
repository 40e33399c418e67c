#include "operate/log_level/log_level.hpp"

#include <algorithm>

namespace acme::log_level {
namespace {

constexpr pg::Query read_level{"log_level.read", R"sql(
    SELECT level, expires_at, set_by,
           (extract(epoch FROM expires_at - coalesce($1, now())) * 1000)::bigint
    FROM log_level WHERE expires_at > coalesce($1, now())
)sql"};

constexpr pg::Query write_level{"log_level.write", R"sql(
    INSERT INTO log_level (level, expires_at, set_at, set_by)
    VALUES ($1, coalesce($2, now()) + $3 * interval '1 second', coalesce($2, now()), $4)
    ON CONFLICT (is_only) DO UPDATE SET
        level = excluded.level, expires_at = excluded.expires_at, set_at = excluded.set_at,
        set_by = excluded.set_by
)sql"};

constexpr pg::Query delete_level{"log_level.delete", R"sql(
    DELETE FROM log_level WHERE expires_at > coalesce($1, now()) RETURNING level
)sql"};

/// The database keeps these words alone.
LogLevel level_of(std::string_view word) { return parse_log_level(word).value_or(LogLevel::info); }

std::optional<Chosen> to_chosen(const pg::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    pg::Row row = rows[0];
    Chosen chosen;
    chosen.level = level_of(row.text());
    chosen.expires_at = row.time();
    chosen.set_by = row.text();
    chosen.left = std::chrono::milliseconds(row.integer());
    return chosen;
}

std::string json_of(const std::optional<Chosen>& chosen) {
    if (!chosen) return "";
    return audit::json_of(
        {{"level", name_of(chosen->level)}, {"expires_at", to_rfc3339(chosen->expires_at)}}
    );
}

}  // namespace

Task<std::optional<Chosen>> Levels::now(trace::Context context) {
    co_return to_chosen(co_await db_.run(context, read_level, pg::sql_now(clock_)));
}

Task<Result<Chosen>> Levels::choose(
    trace::Context context, audit::Actor actor, LogLevel level, std::chrono::seconds time
) {
    if (time.count() < 1 || time > time_max) {
        co_return refuse(
            ErrorKind::invalid, "log_level.time", "Another level holds for 1 to 3600 seconds."
        );
    }
    const auto now = pg::sql_now(clock_);
    auto transaction = co_await db_.begin(context);
    const auto before = to_chosen(co_await transaction.run(context, read_level, now));
    co_await transaction.run(
        context, write_level, name_of(level), now, std::int64_t{time.count()}, actor.name
    );
    const auto after = to_chosen(co_await transaction.run(context, read_level, now));
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "log_level.choose",
         .target = "log_level",
         .before = json_of(before),
         .after = json_of(after)}
    );
    co_await transaction.commit(context);
    co_return after.value();
}

Task<> Levels::end(trace::Context context, audit::Actor actor) {
    const auto now = pg::sql_now(clock_);
    auto transaction = co_await db_.begin(context);
    const auto before = to_chosen(co_await transaction.run(context, read_level, now));
    if (!before) co_return;
    co_await transaction.run(context, delete_level, now);
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "log_level.end", .target = "log_level", .before = json_of(before)}
    );
    co_await transaction.commit(context);
}

void Follower::stop() {
    is_stopping_ = true;
    while (!pausing_.empty()) pausing_.give(true);
}

Task<> Follower::run() {
    while (!is_stopping_) {
        co_await look();
        // What is chosen ends in time, and not with the look after it.
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until_ - telemetry_.clock.steady());
        const auto pause =
            level_ ? std::clamp(left, std::chrono::milliseconds(1), look_period) : look_period;
        if (!is_stopping_) co_await pausing_.wait(pause);
    }
    telemetry_.log.set_least(std::nullopt);
}

Task<> Follower::look() {
    try {
        co_await read();
    } catch (const pg::Fault&) {
        // Who watches PostgreSQL says so. What was chosen ends all the same.
        if (level_ && telemetry_.clock.steady() >= until_) follow(std::nullopt);
    }
}

Task<> Follower::read() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    follow(co_await levels_.now(trace.begin(std::nullopt, 0)));
}

void Follower::follow(std::optional<Chosen> chosen) {
    const auto level = chosen ? std::optional(chosen->level) : std::nullopt;
    if (chosen) until_ = telemetry_.clock.steady() + chosen->left;
    if (level == level_) return;
    level_ = level;
    // Said at the level that shows: before it becomes quieter, after it became more.
    const std::string by = chosen ? chosen->set_by : std::string();
    const auto tell = [&] {
        const std::string_view to = level ? name_of(*level) : "its own";
        telemetry_.log.warn("log_level", {{"to", to}, {"by", by}});
    };
    if (level && *level > LogLevel::warn) tell();
    telemetry_.log.set_least(level);
    if (!level || *level <= LogLevel::warn) tell();
}

}  // namespace acme::log_level
