#pragma once

/// What was changed about a flag, whole: the ground of its history and of undoing. Each change is
/// an audit entry too, which names it.

#include "io/pg/database.hpp"
#include "platform/flag_settings/diff.hpp"
#include "platform/flag_settings/flag_settings.hpp"

#include <boost/json/object.hpp>

namespace acme::flag_settings {

struct Change {
    std::int64_t id = 0;
    WallTime at;
    std::string by;
    std::string action;  // create, change, target, enable, kill, archive, restore, undo, import
    std::string environment = "";  // "": what the flag is everywhere
    std::string reason = "";
    std::string before = "";  // JSON, what state_of() says; "" for none
    std::string after;
    std::optional<std::int64_t> ruleset = std::nullopt;  // the version that brought it
};

/// What to keep of a change that happens in the same transaction.
struct NewChange {
    std::int64_t flag = 0;
    std::string key;
    std::optional<Environment> environment = std::nullopt;
    std::string_view action;  // "flags.target"
    boost::json::object before = {};
    boost::json::object after = {};
    std::optional<std::int64_t> ruleset = std::nullopt;
};

/// None of one that has no state before: there all is new.
std::vector<Difference> differences_of(const Change& change);

/// With its audit entry.
Task<Change> record(
    pg::Transaction& transaction,
    trace::Context context,
    WallTime now,
    Editor editor,
    NewChange change
);

/// Newest first, those before `before`: of everything, or of one environment.
Task<std::vector<Change>> list_changes(
    pg::Database& db,
    trace::Context context,
    std::int64_t flag,
    std::optional<std::string> environment,
    std::optional<std::int64_t> before,
    int limit
);

/// nullopt for one that is not of this flag.
Task<std::optional<Change>> find_change(
    pg::Database& db, trace::Context context, std::int64_t flag, std::int64_t id
);

}  // namespace acme::flag_settings
