#include "platform/flag_settings/history.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

constexpr std::size_t audited_bytes_max = std::size_t{8} * 1024;
constexpr std::string_view prefix = "flags.";

constexpr pg::Query insert_change{"flag_settings.insert_change", R"sql(
    INSERT INTO flag_changes (flag_id, environment_id, action, actor, reason, before, after,
                              ruleset, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING id
)sql"};

constexpr pg::Query list_them{"flag_settings.history", R"sql(
    SELECT c.id, c.at, c.actor, c.action, coalesce(e.key, ''), c.reason, c.before, c.after,
           c.ruleset
    FROM flag_changes c LEFT JOIN flag_environments e ON e.id = c.environment_id
    WHERE c.flag_id = $1 AND ($2::text IS NULL OR e.key = $2 OR c.environment_id IS NULL)
        AND ($3::bigint IS NULL OR c.id < $3)
    ORDER BY c.id DESC LIMIT $4
)sql"};

constexpr pg::Query find_one{"flag_settings.find_change", R"sql(
    SELECT c.id, c.at, c.actor, c.action, coalesce(e.key, ''), c.reason, c.before, c.after,
           c.ruleset
    FROM flag_changes c LEFT JOIN flag_environments e ON e.id = c.environment_id
    WHERE c.flag_id = $1 AND c.id = $2
)sql"};

Change read_change(pg::Row row) {
    return {
        .id = row.integer(),
        .at = row.time(),
        .by = row.text(),
        .action = row.text(),
        .environment = row.text(),
        .reason = row.text(),
        .before = row.text(),
        .after = row.text(),
        .ruleset = row.integer_or_null(),
    };
}

/// What the audit entry tells: the whole is in the history.
std::string audited(const Change& change, const NewChange& made) {
    boost::json::array all;
    boost::json::array places;
    for (const Difference& each : differences(made.before, made.after)) {
        all.push_back(to_json(each));
        places.emplace_back(each.pointer);
    }
    boost::json::object entry{{"change", change.id}};
    if (!change.environment.empty()) entry["environment"] = change.environment;
    if (!change.reason.empty()) entry["reason"] = change.reason;
    if (change.ruleset) entry["version"] = *change.ruleset;
    const bool is_short = boost::json::serialize(all).size() <= audited_bytes_max;
    entry[is_short ? "diff" : "changed"] = is_short ? std::move(all) : std::move(places);
    return boost::json::serialize(entry);
}

}  // namespace

std::vector<Difference> differences_of(const Change& change) {
    if (change.before.empty()) return {};
    return differences(boost::json::parse(change.before), boost::json::parse(change.after));
}

Task<Change> record(
    pg::Transaction& transaction,
    trace::Context context,
    WallTime now,
    Editor editor,
    NewChange made
) {
    std::optional<std::int64_t> environment;
    if (made.environment) environment = made.environment->id;
    Change change{
        .at = now,
        .by = editor.actor.name,
        .action = std::string(made.action.substr(prefix.size())),
        .environment = made.environment ? made.environment->key : "",
        .reason = editor.reason,
        .before = made.before.empty() ? "" : boost::json::serialize(made.before),
        .after = boost::json::serialize(made.after),
        .ruleset = made.ruleset,
    };
    const auto rows = co_await transaction.run(
        context,
        insert_change,
        made.flag,
        environment,
        change.action,
        change.by,
        change.reason,
        change.before,
        change.after,
        change.ruleset,
        now
    );
    change.id = rows[0].integer();
    audit::Entry entry{
        .action = made.action, .target = made.key, .before = "", .after = audited(change, made)
    };
    co_await audit::record(transaction, context, std::move(editor.actor), std::move(entry));
    co_return change;
}

Task<std::vector<Change>> list_changes(
    pg::Database& db,
    trace::Context context,
    std::int64_t flag,
    std::optional<std::string> environment,
    std::optional<std::int64_t> before,
    int limit
) {
    const auto rows = co_await db.run(context, list_them, flag, environment, before, limit);
    std::vector<Change> changes;
    for (int i = 0; i < rows.size(); ++i) changes.push_back(read_change(rows[i]));
    co_return changes;
}

Task<std::optional<Change>> find_change(
    pg::Database& db, trace::Context context, std::int64_t flag, std::int64_t id
) {
    const auto rows = co_await db.run(context, find_one, flag, id);
    if (rows.empty()) co_return std::nullopt;
    co_return read_change(rows[0]);
}

}  // namespace acme::flag_settings
