#include "platform/flag_feed/table.hpp"

#include "io/pg/database.hpp"

#include <algorithm>

namespace acme::flag_feed {
namespace {

constexpr pg::Query select_versions{"flag_feed.versions", R"sql(
    SELECT id, key, version FROM flag_environments ORDER BY position, id
)sql"};

constexpr pg::Query select_newest{"flag_feed.newest", R"sql(
    SELECT r.version, r.etag, r.created_at, r.payload
    FROM flag_environments e
    JOIN flag_rulesets r ON r.environment_id = e.id AND r.version = e.version
    WHERE e.key = $1
)sql"};

}  // namespace

Task<std::vector<Published>> read_published(pg::Database& db, trace::Context context) {
    const auto rows = co_await db.run(context, select_versions);
    std::vector<Published> published;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Published one{.id = row.integer(), .environment = row.text(), .version = 0};
        one.version = row.integer();
        published.push_back(std::move(one));
    }
    co_return published;
}

Task<std::optional<Printed>> read_newest(
    pg::Database& db, trace::Context context, std::string environment
) {
    const auto rows = co_await db.run(context, select_newest, environment);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Printed printed{.environment = std::move(environment)};
    printed.version = row.integer();
    printed.etag = row.text();
    printed.published_at = row.time();
    const auto bytes = row.binary();
    printed.payload.resize(bytes.size());
    std::ranges::transform(bytes, printed.payload.begin(), [](std::byte each) {
        return static_cast<char>(each);
    });
    co_return printed;
}

}  // namespace acme::flag_feed
