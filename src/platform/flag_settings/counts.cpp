#include "platform/flag_settings/counts.hpp"

#include "base/bytes.hpp"
#include "io/pg/database.hpp"

namespace acme::flag_settings {
namespace {

constexpr int pruned_at_once = 10'000;

// Grouped, for one statement may not touch a row twice; in order, so that two nodes that write the
// same rows wait for each other and never in a circle.
constexpr pg::Query add_to_counts{"flag_settings.add_counts", R"sql(
    INSERT INTO flag_counts (flag_key, environment_id, hour, variant, count)
    SELECT c.flag, e.id, date_trunc('hour', c.at::timestamptz, 'UTC') AS hour, c.variant, sum(c.n)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        AS c (environment, flag, at, variant, n)
    JOIN flag_environments e ON e.key = c.environment
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (flag_key, environment_id, hour, variant)
    DO UPDATE SET count = flag_counts.count + excluded.count
)sql"};

constexpr pg::Query add_to_exposures{"flag_settings.add_exposures", R"sql(
    INSERT INTO flag_exposures (flag_key, environment_id, unit_hash, variant, first_at, day)
    SELECT x.flag, e.id, decode(x.unit, 'hex'), x.variant, x.at::timestamptz,
           (x.at::timestamptz AT TIME ZONE 'UTC')::date
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS x (environment, flag, unit, variant, at)
    JOIN flag_environments e ON e.key = x.environment
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query delete_old{"flag_settings.prune_counts", R"sql(
    DELETE FROM flag_counts WHERE (flag_key, environment_id, hour, variant) IN (
        SELECT flag_key, environment_id, hour, variant FROM flag_counts WHERE hour < $1 LIMIT $2
    )
    RETURNING count
)sql"};

}  // namespace

Task<> add_counts(pg::Database& db, trace::Context context, std::vector<Count> counts) {
    if (counts.empty()) co_return;
    std::vector<std::string> environments;
    std::vector<std::string> flags;
    std::vector<std::string> hours;
    std::vector<std::string> variants;
    std::vector<std::int64_t> numbers;
    for (Count& each : counts) {
        environments.push_back(std::move(each.environment));
        flags.push_back(std::move(each.flag));
        hours.push_back(to_rfc3339(each.hour));
        variants.push_back(std::move(each.variant));
        numbers.push_back(each.count);
    }
    co_await db.run(context, add_to_counts, environments, flags, hours, variants, numbers);
}

Task<> add_exposures(pg::Database& db, trace::Context context, std::vector<Exposure> exposures) {
    if (exposures.empty()) co_return;
    std::vector<std::string> environments;
    std::vector<std::string> flags;
    std::vector<std::string> units;
    std::vector<std::string> variants;
    std::vector<std::string> times;
    for (Exposure& each : exposures) {
        environments.push_back(std::move(each.environment));
        flags.push_back(std::move(each.flag));
        units.push_back(to_hex(each.unit_hash));
        variants.push_back(std::move(each.variant));
        times.push_back(to_rfc3339(each.at));
    }
    co_await db.run(context, add_to_exposures, environments, flags, units, variants, times);
}

Task<bool> prune_counts(pg::Database& db, trace::Context context, WallTime now) {
    const auto rows = co_await db.run(context, delete_old, now - counts_kept_for, pruned_at_once);
    co_return rows.size() == pruned_at_once;
}

}  // namespace acme::flag_settings
