#include "operate/deploy/dora.hpp"

#include "io/http/time.hpp"

#include <cmath>

namespace acme::deploy {
namespace {

namespace json = boost::json;

constexpr pg::Query count_successes{"dora.successes", R"sql(
    WITH successes AS (
        SELECT d.succeeded_at, coalesce(r.added_at, r.first_at) AS came_at,
               NOT EXISTS (
                   SELECT 1 FROM deployments e
                   WHERE e.environment = d.environment AND e.kind = 'release'
                     AND e.release = d.release AND e.succeeded_at < d.succeeded_at
               ) AS is_first
        FROM deployments d
        JOIN releases r ON r.environment = d.environment AND r.id = d.release
        WHERE d.environment = $1 AND d.kind = 'release'
          AND d.succeeded_at >= $2 AND d.succeeded_at < $3
    )
    SELECT count(*), count(*) FILTER (WHERE is_first),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY
               greatest(0, extract(epoch FROM succeeded_at - came_at))::float8
           ) FILTER (WHERE is_first)
    FROM successes
)sql"};

// A rollback from a release that was good already: only the last success before it has failed. A
// drill (operate/drills) restores nothing, for nothing has failed.
constexpr pg::Query count_changes{"dora.changes", R"sql(
    WITH changes AS (
        SELECT d.state,
               EXISTS (
                   SELECT 1 FROM deployment_steps s
                   WHERE s.deployment_id = d.id AND s.kind IN ('canary', 'replace')
               ) AS has_touched,
               d.state = 'good' AND EXISTS (
                   SELECT 1 FROM deployments b
                   WHERE b.environment = d.environment AND b.kind = 'rollback'
                     AND b.state = 'rolled_back' AND b.from_release = d.release
                     AND b.release <> d.release AND b.begun_at > d.succeeded_at
                     AND b.reason NOT LIKE 'drill drl_%'
                     AND NOT EXISTS (
                         SELECT 1 FROM deployments e
                         WHERE e.environment = d.environment AND e.succeeded_at > d.succeeded_at
                           AND e.succeeded_at < b.begun_at
                     )
               ) AS was_left
        FROM deployments d
        WHERE d.environment = $1 AND d.kind = 'release' AND d.begun_at >= $2 AND d.begun_at < $3
    ), judged AS (
        SELECT state IN ('rolled_back', 'rollback_failed') OR was_left
               OR (state = 'cancelled' AND has_touched) AS has_failed,
               state IN ('succeeded', 'good', 'rolled_back', 'rollback_failed')
               OR (state = 'cancelled' AND has_touched) AS is_decided
        FROM changes
    )
    SELECT count(*) FILTER (WHERE is_decided), count(*) FILTER (WHERE has_failed) FROM judged
)sql"};

// One that somebody else rolled back has no way back of its own.
constexpr pg::Query count_restores{"dora.restores", R"sql(
    WITH restores AS (
        SELECT d.ended_at - (
                   SELECT min(r.at) FROM deployment_records r
                   WHERE r.deployment_id = d.id AND r.kind = 'state'
                     AND r.data ->> 'state' = 'rolling_back'
               ) AS took
        FROM deployments d
        WHERE d.environment = $1 AND d.kind = 'release' AND d.state = 'rolled_back'
          AND d.ended_at >= $2 AND d.ended_at < $3
        UNION ALL
        SELECT d.ended_at - d.begun_at FROM deployments d
        WHERE d.environment = $1 AND d.kind = 'rollback' AND d.state = 'rolled_back'
          AND d.reason NOT LIKE 'drill drl_%'
          AND d.ended_at >= $2 AND d.ended_at < $3
    )
    SELECT count(took),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM took)::float8)
    FROM restores
)sql"};

std::optional<double> number_or_null(pg::Row& row) {
    if (row.is_null()) return std::nullopt;
    return row.number();
}

json::value millis_or_null(const std::optional<double>& seconds) {
    if (!seconds) return nullptr;
    return std::llround(*seconds * 1000);
}

}  // namespace

std::optional<double> Figures::failure_ratio() const {
    if (changes == 0) return std::nullopt;
    return static_cast<double>(failed) / static_cast<double>(changes);
}

json::object to_json(const Figures& figures) {
    const auto ratio = figures.failure_ratio();
    return {
        {"environment", figures.environment},
        {"since", http::to_json(figures.since)},
        {"until", http::to_json(figures.until)},
        {"days", figures.days},
        {"deployment_frequency",
         json::object{{"count", figures.succeeded}, {"per_day", figures.per_day()}}},
        {"lead_time",
         json::object{
             {"count", figures.lead_times}, {"median_ms", millis_or_null(figures.lead_seconds)}
         }},
        {"change_failure_rate",
         json::object{
             {"count", figures.changes},
             {"failed", figures.failed},
             {"ratio", ratio ? json::value(*ratio) : json::value(nullptr)}
         }},
        {"time_to_restore",
         json::object{
             {"count", figures.restores}, {"median_ms", millis_or_null(figures.restore_seconds)}
         }},
    };
}

Task<Figures> figures(
    pg::Database& db, trace::Context context, std::string environment, WallTime until, int days
) {
    Figures figures{
        .environment = environment,
        .since = until - std::chrono::days(days),
        .until = until,
        .days = days,
    };
    const WallTime since = figures.since;
    const auto successes = co_await db.run(context, count_successes, environment, since, until);
    pg::Row success = successes[0];
    figures.succeeded = success.integer();
    figures.lead_times = success.integer();
    figures.lead_seconds = number_or_null(success);
    const auto changes = co_await db.run(context, count_changes, environment, since, until);
    pg::Row change = changes[0];
    figures.changes = change.integer();
    figures.failed = change.integer();
    const auto restores = co_await db.run(context, count_restores, environment, since, until);
    pg::Row restore = restores[0];
    figures.restores = restore.integer();
    figures.restore_seconds = number_or_null(restore);
    co_return figures;
}

}  // namespace acme::deploy
