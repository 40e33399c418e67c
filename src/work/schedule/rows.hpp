#pragma once

/// Schedules as rows: what people have set, and where the leader stands. `owner` is an
/// organization's id, or "" for the platform, whose schedules come with the program.

#include "io/pg/database.hpp"
#include "work/schedule/rule.hpp"

namespace acme::schedule {

struct Pause {
    WallTime at;
    std::string by;  // a user's id, "cli", "scheduler"
    std::string reason;
};

struct Row {
    std::string owner = "";
    std::string name = "";
    Rule rule = {};
    std::optional<Pause> pause = std::nullopt;
    WallTime last_at = {};                           // of the moments that are done with
    std::optional<WallTime> next_at = std::nullopt;  // when the leader looks at it again
    std::int64_t missed = 0;                         // moments, ever
    std::int64_t failures = 0;                       // in a row
    std::int64_t version = 1;
    WallTime created_at = {};
    WallTime updated_at = {};
    std::optional<std::string> last_state = std::nullopt;  // of the newest run

    std::string key() const;
};

/// The key of its row.
std::string key_of(std::string_view owner, std::string_view name);

/// Those after the name `after`, in the order of their names.
Task<std::vector<Row>> list(
    pg::Database& db, trace::Context context, std::string owner, std::string after, int limit
);

Task<std::optional<Row>> find(
    pg::Database& db, trace::Context context, std::string owner, std::string name
);

/// Held until the transaction ends: nobody fires it or changes it meanwhile.
Task<std::optional<Row>> lock(
    pg::Transaction& transaction, trace::Context context, std::string owner, std::string name
);

/// How many the owner has; others who count wait until the transaction ends.
Task<std::int64_t> count(pg::Transaction& transaction, trace::Context context, std::string owner);

/// A new one, or `before` with another rule. One whose times are others begins with its next
/// moment.
Task<Row> write(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string owner,
    std::string name,
    std::optional<Row> before,
    Rule rule,
    std::string by
);

/// With its history.
Task<> remove(pg::Transaction& transaction, trace::Context context, Row row);

/// Nothing is fired, and what waits does not begin, until it is resumed.
Task<Row> pause(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Row row,
    std::string by,
    std::string reason
);

/// It goes on with its next moment: what came meanwhile was not missed.
Task<Row> resume(pg::Transaction& transaction, trace::Context context, const Clock& clock, Row row);

}  // namespace acme::schedule
