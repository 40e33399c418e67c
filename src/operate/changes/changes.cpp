#include "operate/changes/changes.hpp"

#include <algorithm>

namespace acme::changes {
namespace {

constexpr pg::Query add_change{"changes.add", R"sql(
    INSERT INTO changes (kind, ref, summary, environment, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

constexpr pg::Query list_changes{"changes.list", R"sql(
    SELECT kind, ref, summary, environment, actor, at FROM changes
    WHERE environment = $1 ORDER BY at DESC, id DESC LIMIT $2
)sql"};

}  // namespace

Task<> record(pg::Transaction& transaction, trace::Context context, Change change) {
    co_await transaction.run(
        context,
        add_change,
        change.kind,
        change.ref,
        change.summary,
        change.environment,
        change.actor,
        change.at
    );
}

Task<std::vector<Change>> list(
    pg::Database& db, trace::Context context, std::string environment, int limit
) {
    const auto rows =
        co_await db.run(context, list_changes, environment, std::clamp(limit, 1, list_max));
    std::vector<Change> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({
            .kind = row.text(),
            .ref = row.text(),
            .summary = row.text(),
            .environment = row.text(),
            .actor = row.text(),
            .at = row.time(),
        });
    }
    co_return all;
}

}  // namespace acme::changes
