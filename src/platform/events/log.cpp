#include "platform/events/log.hpp"

#include "base/text.hpp"

namespace acme::events {
namespace {

constexpr int sweep_max = 5000;

// What began before xmin has ended: nothing can be committed below it any more.
constexpr pg::Query read_xmin{"events.end", R"sql(
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text
)sql"};

constexpr pg::Query read_after{"events.read", R"sql(
    SELECT tx::text, id, topic, subject, verb, data,
           org_id IS NOT NULL, coalesce(org_id, '00000000-0000-0000-0000-000000000000')
    FROM events
    WHERE (tx, id) > ($1::xid8, $2) AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY tx, id LIMIT $3
)sql"};

// By the database's own clock, which has stamped them. None of them is new.
constexpr pg::Query delete_old{"events.sweep", R"sql(
    WITH gone AS (
        DELETE FROM events WHERE (tx, id) IN (
            SELECT tx, id FROM events WHERE at < now() - make_interval(hours => $1) LIMIT $2
        ) RETURNING 1
    ) SELECT count(*) FROM gone
)sql"};

std::uint64_t number_of(const std::string& text) {
    return parse_number<std::uint64_t>(text).value_or(0);
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string to_text(Place place, WallTime now) {
    return std::to_string(place.tx) + "-" + std::to_string(place.id) + "-" +
           std::to_string(seconds_of(now));
}

std::optional<Place> parse_place(std::string_view text, WallTime now) {
    const auto first = text.find('-');
    const auto second = text.find('-', std::min(first, text.size() - 1) + 1);
    if (text.empty() || first == text.npos || second == text.npos) return std::nullopt;
    const auto tx = parse_number<std::uint64_t>(text.substr(0, first));
    const auto id = parse_number<std::int64_t>(text.substr(first + 1, second - first - 1));
    const auto at = parse_number<std::int64_t>(text.substr(second + 1));
    if (!tx || !id || !at || *at < seconds_of(now - kept_for)) return std::nullopt;
    return Place{*tx, *id};
}

Task<Place> read_end(pg::Database& db, trace::Context context) {
    const auto rows = co_await db.run(context, read_xmin);
    co_return Place{number_of(rows[0].text()), 0};
}

Task<std::vector<Row>> read_rows(pg::Database& db, trace::Context context, Place after) {
    const auto found =
        co_await db.run(context, read_after, std::to_string(after.tx), after.id, rows_max);
    std::vector<Row> rows;
    for (int i = 0; i < found.size(); ++i) {
        pg::Row row = found[i];
        Row& read = rows.emplace_back();
        read.place.tx = number_of(row.text());
        read.place.id = row.integer();
        read.topic = row.text();
        read.subject = row.text();
        read.verb = row.text();
        read.data = row.text();
        if (row.boolean()) read.org = row.id<OrgId>();
    }
    co_return rows;
}

Task<bool> sweep(pg::Database& db, trace::Context context) {
    const auto rows = co_await db.run(context, delete_old, kept_for.count(), sweep_max);
    co_return rows[0].integer() == sweep_max;
}

}  // namespace acme::events
