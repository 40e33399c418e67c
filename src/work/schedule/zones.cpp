#include "work/schedule/zones.hpp"

namespace acme::schedule {
namespace {

using std::chrono::seconds;

constexpr pg::Query find_others{"schedule.of_other_zones", R"sql(
    SELECT org_id, name FROM schedules
    WHERE org_id <> '' AND next_at IS NOT NULL AND zones <> $1 AND name > $2 ORDER BY name LIMIT $3
)sql"};

constexpr pg::Query read_offset{"schedule.offset", R"sql(
    SELECT zone_offset_s FROM schedules
    WHERE org_id = $1 AND name = $2 AND zone_offset_at = last_at AND zone_offset_s IS NOT NULL
)sql"};

constexpr pg::Query write_anew{"schedule.follow_zones", R"sql(
    UPDATE schedules
    SET last_at = $3, next_at = $4, zones = $5, zone_offset_s = $6::bigint, zone_offset_at = $3
    WHERE org_id = $1 AND name = $2
)sql"};

}  // namespace

std::optional<std::string> offset_of(const Rule& rule, WallTime last) {
    std::vector<FieldError> problems;
    const auto timing = timing_of(rule, problems);
    if (!timing) return std::nullopt;
    return std::to_string(timing->zone().at(std::chrono::floor<seconds>(last)).offset.count());
}

WallTime goes_on_from(const cron::Timing& timing, WallTime last, seconds offset) {
    const cron::Zone& zone = timing.zone();
    const auto instant = std::chrono::floor<seconds>(last);
    const seconds other = zone.at(instant).offset;
    if (other == offset || timing.is_by_real_time()) return last;
    const cron::Civil shown = cron::civil_of(instant, offset);
    const seconds then = zone.at(cron::instant_of(shown, other)).offset;
    return cron::instant_of(shown, then);
}

Task<std::vector<Place>> of_other_zones(
    pg::Database& db, trace::Context context, std::string version, std::string after, int limit
) {
    const auto rows = co_await db.run(context, find_others, version, after, limit);
    std::vector<Place> places;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        std::string owner = row.text();
        std::string name = row.text().substr(owner.size() + 1);
        places.push_back({.owner = std::move(owner), .name = std::move(name)});
    }
    co_return places;
}

Task<> follow_zones(
    pg::Transaction& transaction, trace::Context context, Row row, std::string version
) {
    std::vector<FieldError> problems;
    const auto timing = timing_of(row.rule, problems);
    if (!timing) co_return;  // it is paused when it comes, and says why
    const auto told = co_await transaction.run(context, read_offset, row.owner, row.key());
    const WallTime last =
        told.empty() ? row.last_at : goes_on_from(*timing, row.last_at, seconds(told[0].integer()));
    auto next = next_of(row.rule, *timing, last);
    if (next) *next += jitter_of(row.rule, row.key());
    co_await transaction.run(
        context, write_anew, row.owner, row.key(), last, next, version, offset_of(row.rule, last)
    );
}

}  // namespace acme::schedule
