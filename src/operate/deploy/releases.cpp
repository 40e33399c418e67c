#include "operate/deploy/releases.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr pg::Query list_releases{"deploy.releases", R"sql(
    SELECT id, first_at, good_at, digest, added_at FROM releases
    WHERE environment = $1
      AND ($2::text IS NULL OR (first_at, id) < (
          SELECT first_at, id FROM releases WHERE environment = $1 AND id = $2))
    ORDER BY first_at DESC, id DESC LIMIT $3
)sql"};

constexpr pg::Query find_release{"deploy.find_release", R"sql(
    SELECT id, first_at, good_at, digest, added_at FROM releases WHERE environment = $1 AND id = $2
)sql"};

// Behind a good release lies the one that was good before it: a newer good one was rolled back
// from.
constexpr pg::Query read_current{"deploy.current", R"sql(
    SELECT e.current_release,
           CASE WHEN c.good_at IS NULL THEN e.known_good ELSE e.current_release END,
           CASE WHEN c.good_at IS NULL AND e.known_good NOT IN ('', e.current_release)
                THEN e.known_good
                ELSE (SELECT p.id FROM releases p
                      WHERE p.environment = e.name AND p.id <> e.current_release
                        AND p.good_at < coalesce(c.good_at, 'infinity')
                      ORDER BY p.good_at DESC LIMIT 1) END,
           e.deployment_id, e.changed_at
    FROM environments e
    LEFT JOIN releases c ON c.environment = e.name AND c.id = e.current_release
    WHERE e.name = $1
)sql"};

ReleaseRow to_release(pg::Row row) {
    return {
        .id = row.text(),
        .first_at = row.time(),
        .good_at = row.time_or_null(),
        .digest = row.text_or_null(),
        .added_at = row.time_or_null(),
    };
}

}  // namespace

Task<std::vector<ReleaseRow>> Releases::list(
    trace::Context context, std::string environment, std::optional<std::string> after, int limit
) {
    const auto rows = co_await db_.run(
        context, list_releases, environment, after, std::clamp(limit, 1, list_max + 1)
    );
    std::vector<ReleaseRow> all;
    for (int i = 0; i < rows.size(); ++i) all.push_back(to_release(rows[i]));
    co_return all;
}

Task<std::optional<ReleaseRow>> Releases::find(
    trace::Context context, std::string environment, std::string id
) {
    const auto rows = co_await db_.run(context, find_release, environment, id);
    if (rows.empty()) co_return std::nullopt;
    co_return to_release(rows[0]);
}

Task<std::optional<Current>> Releases::current(trace::Context context, std::string environment) {
    const auto rows = co_await db_.run(context, read_current, environment);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    co_return Current{
        .release = row.text(),
        .known_good = row.text(),
        .rollback_to = row.text_or_null(),
        .deployment = row.id<DeploymentId>(),
        .changed_at = row.time(),
    };
}

}  // namespace acme::deploy
