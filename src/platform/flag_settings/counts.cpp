#include "platform/flag_settings/counts.hpp"

#include "base/bytes.hpp"
#include "io/pg/database.hpp"

namespace acme::flag_settings {
namespace {

constexpr int pruned_at_once = 10'000;

// In order, so that two nodes that write the same rows wait for each other and never in a circle.
constexpr pg::Query add_to_counts{"flag_settings.add_counts", R"sql(
    INSERT INTO flag_counts (flag_key, environment_id, hour, variant, count)
    SELECT flag, environment, date_trunc('hour', coalesce($5, now()), 'UTC'), variant, n
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[])
         AS c (flag, environment, variant, n)
    ORDER BY 1, 2, 4
    ON CONFLICT (flag_key, environment_id, hour, variant)
    DO UPDATE SET count = flag_counts.count + excluded.count
)sql"};

constexpr pg::Query add_to_exposures{"flag_settings.add_exposures", R"sql(
    INSERT INTO flag_exposures (flag_key, environment_id, unit_hash, variant, first_at, day)
    SELECT flag, e.id, decode(unit, 'hex'), variant, coalesce($5, now()),
           (coalesce($5, now()) AT TIME ZONE 'UTC')::date
    FROM flag_environments e, unnest($2::text[], $3::text[], $4::text[]) AS x (flag, unit, variant)
    WHERE e.key = $1
    ORDER BY flag, unit
    ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query delete_old{"flag_settings.prune_counts", R"sql(
    DELETE FROM flag_counts WHERE (flag_key, environment_id, hour, variant) IN (
        SELECT flag_key, environment_id, hour, variant FROM flag_counts WHERE hour < $1 LIMIT $2
    )
    RETURNING count
)sql"};

}  // namespace

Task<> add_counts(
    pg::Database& db, trace::Context context, std::vector<Count> counts, std::optional<WallTime> now
) {
    if (counts.empty()) co_return;
    std::vector<std::string> flags;
    std::vector<std::int64_t> environments;
    std::vector<std::string> variants;
    std::vector<std::int64_t> numbers;
    for (Count& each : counts) {
        flags.push_back(std::move(each.flag));
        environments.push_back(each.environment_id);
        variants.push_back(std::move(each.variant));
        numbers.push_back(each.count);
    }
    co_await db.run(context, add_to_counts, flags, environments, variants, numbers, now);
}

Task<> add_exposures(
    pg::Database& db,
    trace::Context context,
    std::string environment,
    std::vector<Exposure> exposures,
    std::optional<WallTime> now
) {
    if (exposures.empty()) co_return;
    std::vector<std::string> flags;
    std::vector<std::string> units;
    std::vector<std::string> variants;
    for (Exposure& each : exposures) {
        flags.push_back(std::move(each.flag));
        units.push_back(to_hex(each.unit_hash));
        variants.push_back(std::move(each.variant));
    }
    co_await db.run(context, add_to_exposures, environment, flags, units, variants, now);
}

Task<bool> prune_counts(pg::Database& db, trace::Context context, WallTime now) {
    const auto rows = co_await db.run(context, delete_old, now - counts_kept_for, pruned_at_once);
    co_return rows.size() == pruned_at_once;
}

}  // namespace acme::flag_settings
