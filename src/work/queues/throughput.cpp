#include "work/queues/throughput.hpp"

namespace acme::queues {
namespace {

// A walk along the index of each queue and minute, which ends at the most that is counted.
constexpr pg::Query count_minutes{"queues.throughput", R"sql(
    WITH minute AS (
        SELECT date_trunc('minute', coalesce($3::timestamptz, now())) - n * interval '1 min' AS at
        FROM generate_series(0, $4::int - 1) AS n
    )
    SELECT minute.at, count(ended.outcome) FILTER (WHERE ended.outcome = 'done'),
        count(ended.outcome) FILTER (WHERE ended.outcome IN ('dead', 'discarded'))
    FROM minute LEFT JOIN LATERAL (
        SELECT part.outcome FROM job_queues AS queue CROSS JOIN LATERAL (
            SELECT outcome FROM job_ends
            WHERE queue_id = queue.id AND org_id = $1
              AND ended_at >= minute.at AND ended_at < minute.at + interval '1 min'
            ORDER BY ended_at DESC LIMIT $5::int
        ) AS part
        WHERE queue.org_id = $1 AND ($2::text IS NULL OR queue.name = $2) LIMIT $5::int
    ) AS ended ON true
    GROUP BY minute.at ORDER BY minute.at
)sql"};

}  // namespace

Task<std::vector<Minute>> throughput(
    pg::Database& db,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::optional<std::string> queue
) {
    const auto rows = co_await db.run(
        context, count_minutes, owner, queue, pg::sql_now(clock), throughput_minutes, minute_max + 1
    );
    std::vector<Minute> minutes;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        minutes.push_back({.at = row.time(), .done = row.integer(), .failed = row.integer()});
    }
    co_return minutes;
}

}  // namespace acme::queues
