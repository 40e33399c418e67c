#include "platform/flag_settings/rulesets.hpp"

#include "io/pg/database.hpp"
#include "platform/flag_settings/flag_settings.hpp"
#include "platform/flag_settings/pack.hpp"

namespace acme::flag_settings {
namespace {

constexpr pg::Query find_newest{"flag_settings.newest_ruleset", R"sql(
    SELECT r.version, r.etag, r.payload, r.created_at
    FROM flag_environments e
    JOIN flag_rulesets r ON r.environment_id = e.id AND r.version = e.version
    WHERE e.key = $1
)sql"};

constexpr pg::Query list_versions{"flag_settings.versions", R"sql(
    SELECT key, version FROM flag_environments ORDER BY id
)sql"};

constexpr pg::Query delete_old{"flag_settings.prune_rulesets", R"sql(
    DELETE FROM flag_rulesets r USING flag_environments e
    WHERE e.id = r.environment_id
        AND (r.version <= e.version - $1::bigint
             OR (r.version <= e.version - $2::bigint AND octet_length(r.payload) > $3::int))
)sql"};

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
        .payload = "",
        .created_at = {},
    };
    auto payload = unpack(row.binary(), payload_bytes_max);
    if (!payload) throw pg::Fault("flag_rulesets: a payload cannot be unpacked");
    published.payload = *std::move(payload);
    published.created_at = row.time();
    co_return published;
}

Task<std::vector<std::pair<std::string, std::int64_t>>> versions(
    pg::Database& db, trace::Context context
) {
    const auto rows = co_await db.run(context, list_versions);
    std::vector<std::pair<std::string, std::int64_t>> versions;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        std::string key = row.text();
        versions.emplace_back(std::move(key), row.integer());
    }
    co_return versions;
}

Task<> prune_rulesets(pg::Database& db, trace::Context context) {
    co_await db.run(context, delete_old, rulesets_kept, long_rulesets_kept, long_ruleset_bytes);
}

}  // namespace acme::flag_settings
