#include "platform/files/files.hpp"

namespace acme::files {
namespace {

constexpr std::chrono::days counted_every{1};

constexpr pg::Query find_usage{"files.usage", R"sql(
    SELECT coalesce((SELECT bytes_used FROM org_usage WHERE org_id = $1), 0),
           coalesce((SELECT bytes_reserved FROM org_usage WHERE org_id = $1), 0),
           (SELECT count(*) FROM files WHERE org_id = $1 AND state = 'ready')
)sql"};

constexpr pg::Query list_uncounted{"files.uncounted", R"sql(
    SELECT org_id FROM org_usage WHERE counted_at IS NULL OR counted_at < $1
    ORDER BY counted_at NULLS FIRST LIMIT $2
)sql"};

// Whoever books anything for this organization waits, or has come to the end and is counted.
constexpr pg::Query hold_usage{"files.hold_usage", R"sql(
    SELECT 1 FROM org_usage WHERE org_id = $1 FOR UPDATE
)sql"};

constexpr pg::Query count_usage{"files.count_usage", R"sql(
    UPDATE org_usage SET counted_at = $2, bytes_used = counted.used, bytes_reserved = counted.kept
    FROM (
        SELECT coalesce(sum(bytes) FILTER (WHERE state = 'ready'), 0) AS used,
               coalesce(sum(reserved) FILTER (WHERE state = 'uploading'), 0) AS kept
        FROM files WHERE org_id = $1
    ) counted
    WHERE org_id = $1
)sql"};

}  // namespace

Task<Usage> Files::usage(trace::Context context, OrgId org) {
    const auto rows = co_await db_.run(context, find_usage, org);
    pg::Row row = rows[0];
    Usage usage;
    usage.bytes_used = static_cast<std::uint64_t>(row.integer());
    usage.bytes_reserved = static_cast<std::uint64_t>(row.integer());
    usage.files = static_cast<std::uint64_t>(row.integer());
    usage.bytes_max = options_.bytes_of_org_max;
    co_return usage;
}

/// A release that does not book what it does may run beside this one for a while.
Task<> Files::recount(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await db_.run(context, list_uncounted, now - counted_every, sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        const OrgId org = rows[i].id<OrgId>();
        auto transaction = co_await db_.begin(context);
        co_await transaction.run(context, hold_usage, org);
        co_await transaction.run(context, count_usage, org, now);
        co_await transaction.commit(context);
    }
}

}  // namespace acme::files
