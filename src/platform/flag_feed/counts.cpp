#include "platform/flag_feed/counts.hpp"

#include "io/pg/database.hpp"

#include <vector>

namespace acme::flag_feed {
namespace {

constexpr pg::Query add_counts{"flag_feed.add_counts", R"sql(
    INSERT INTO flag_counts (flag_key, environment_id, hour, variant, count)
    SELECT flag, environment, date_trunc('hour', coalesce($5, now())), variant, count
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[])
         AS counted (flag, environment, variant, count)
    ON CONFLICT (flag_key, environment_id, hour, variant)
    DO UPDATE SET count = flag_counts.count + excluded.count
)sql"};

}  // namespace

Task<> Counts::write(trace::Context context, std::map<std::string, std::int64_t, std::less<>> ids) {
    Totals
        totals;  // in order, so that nodes that write at once do not wait for each other in rings
    for (const flags::Count& count : depot_.counts()) {
        if (!ids.contains(count.environment)) continue;
        const std::string& outcome = count.variant.empty() ? count.result : count.variant;
        totals[{count.flag, count.environment, outcome}] += count.count;
    }
    std::vector<std::string> names;
    std::vector<std::int64_t> environments;
    std::vector<std::string> outcomes;
    std::vector<std::int64_t> counts;
    for (const auto& [key, total] : totals) {
        const auto written = written_.find(key);
        const std::uint64_t before = written == written_.end() ? 0 : written->second;
        // Less than before: the flag was gone, and begins anew.
        const std::uint64_t more = total < before ? total : total - before;
        if (more == 0) continue;
        names.push_back(std::get<0>(key));
        environments.push_back(ids.find(std::get<1>(key))->second);
        outcomes.push_back(std::get<2>(key));
        counts.push_back(static_cast<std::int64_t>(more));
    }
    if (names.empty()) co_return;
    try {
        co_await db_.run(
            context,
            add_counts,
            names,
            environments,
            outcomes,
            counts,
            pg::sql_now(telemetry_.clock)
        );
        written_ = std::move(totals);
    } catch (const pg::Fault& fault) {
        // It stays counted, and is written when the database is back.
        telemetry_.log.warn("flags.counts", {{"reason", fault.what()}});
    }
}

}  // namespace acme::flag_feed
