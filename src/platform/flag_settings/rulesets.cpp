#include "platform/flag_settings/rulesets.hpp"

#include "io/pg/database.hpp"

#include <algorithm>

namespace acme::flag_settings {
namespace {

constexpr pg::Query find_newest{"flag_settings.newest_ruleset", R"sql(
    SELECT r.version, r.etag, r.payload, r.created_at
    FROM flag_environments e
    JOIN flag_rulesets r ON r.environment_id = e.id AND r.version = e.version
    WHERE e.key = $1
)sql"};

constexpr pg::Query list_versions{"flag_settings.versions", R"sql(
    SELECT id, key, version FROM flag_environments ORDER BY position, id
)sql"};

constexpr pg::Query delete_old{"flag_settings.prune_rulesets", R"sql(
    DELETE FROM flag_rulesets r USING flag_environments e
    WHERE e.id = r.environment_id
        AND (r.version <= e.version - $1::bigint
             OR (r.version <= e.version - $2::bigint AND octet_length(r.payload) > $3::int))
)sql"};

constexpr pg::Query find_payload{"flag_settings.find_list", R"sql(
    SELECT payload FROM flag_lists WHERE id = $1
)sql"};

// An hour, so that one that a transaction has just kept, and has not yet named, stays.
constexpr std::chrono::hours lists_stay{1};

constexpr pg::Query delete_lists{"flag_settings.prune_lists", R"sql(
    DELETE FROM flag_lists l
    WHERE created_at < $1 AND NOT EXISTS (SELECT FROM flag_segments s WHERE s.list = l.id)
)sql"};

std::string text_of(const std::vector<std::byte>& bytes) {
    std::string text(bytes.size(), '\0');
    std::ranges::transform(bytes, text.begin(), [](std::byte each) {
        return static_cast<char>(each);
    });
    return text;
}

}  // namespace

Task<std::optional<Published>> newest_ruleset(
    pg::Database& db, trace::Context context, std::string environment
) {
    const auto rows = co_await db.run(context, find_newest, environment);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Published published{
        .environment = std::move(environment),
        .version = row.integer(),
        .etag = row.text(),
        .payload = text_of(row.binary()),
        .created_at = {},
    };
    published.created_at = row.time();
    co_return published;
}

Task<std::vector<Newest>> versions(pg::Database& db, trace::Context context) {
    const auto rows = co_await db.run(context, list_versions);
    std::vector<Newest> versions;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        versions.push_back(
            {.environment_id = row.integer(), .environment = row.text(), .version = row.integer()}
        );
    }
    co_return versions;
}

Task<std::optional<std::string>> find_list(
    pg::Database& db, trace::Context context, std::string id
) {
    const auto rows = co_await db.run(context, find_payload, id);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    co_return text_of(row.binary());
}

Task<> prune_rulesets(pg::Database& db, trace::Context context, WallTime now) {
    co_await db.run(context, delete_old, rulesets_kept, long_rulesets_kept, long_ruleset_bytes);
    co_await db.run(context, delete_lists, now - lists_stay);
}

}  // namespace acme::flag_settings
