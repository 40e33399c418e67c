#include "platform/flag_feed/counts.hpp"

#include "io/pg/database.hpp"
#include "platform/flag_settings/counts.hpp"

#include <vector>

namespace acme::flag_feed {
Task<> Counts::write(trace::Context context, std::map<std::string, std::int64_t, std::less<>> ids) {
    Totals totals;
    for (const flags::Count& count : depot_.counts()) {
        if (!ids.contains(count.environment)) continue;
        const std::string& outcome = count.variant.empty() ? count.result : count.variant;
        totals[{count.flag, count.environment, outcome}] += count.count;
    }
    std::vector<flag_settings::Count> counts;
    for (const auto& [key, total] : totals) {
        const auto written = written_.find(key);
        const std::uint64_t before = written == written_.end() ? 0 : written->second;
        // Less than before: the flag was gone, and begins anew.
        const std::uint64_t more = total < before ? total : total - before;
        if (more == 0) continue;
        const auto& [flag, environment, outcome] = key;
        counts.push_back(
            {.flag = flag,
             .environment_id = ids.find(environment)->second,
             .variant = outcome,
             .count = static_cast<std::int64_t>(more)}
        );
    }
    if (counts.empty()) co_return;
    try {
        co_await flag_settings::add_counts(
            db_, context, std::move(counts), pg::sql_now(telemetry_.clock)
        );
        written_ = std::move(totals);
    } catch (const pg::Fault& fault) {
        // It stays counted, and is written when the database is back.
        telemetry_.log.warn("flags.counts", {{"reason", fault.what()}});
    }
}

}  // namespace acme::flag_feed
