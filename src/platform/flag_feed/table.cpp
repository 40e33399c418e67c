#include "platform/flag_feed/table.hpp"

#include "platform/flag_settings/rulesets.hpp"

namespace acme::flag_feed {

Task<std::vector<Published>> read_published(pg::Database& db, trace::Context context) {
    std::vector<Published> published;
    for (flag_settings::Newest& each : co_await flag_settings::versions(db, context)) {
        published.push_back(
            {.id = each.environment_id,
             .environment = std::move(each.environment),
             .version = each.version}
        );
    }
    co_return published;
}

Task<std::optional<Printed>> read_newest(
    pg::Database& db, trace::Context context, std::string environment
) {
    auto newest = co_await flag_settings::newest_ruleset(db, context, std::move(environment));
    if (!newest) co_return std::nullopt;
    co_return Printed{
        .environment = std::move(newest->environment),
        .version = newest->version,
        .etag = std::move(newest->etag),
        .published_at = newest->created_at,
        .payload = std::move(newest->payload),
    };
}

Task<std::optional<std::string>> read_list(
    pg::Database& db, trace::Context context, std::string id
) {
    co_return co_await flag_settings::find_list(db, context, std::move(id));
}

}  // namespace acme::flag_feed
