#pragma once

/// Entries as they are read: a page for the API, all of them for an export.

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::pg {
class Database;
class Row;
}  // namespace acme::pg

namespace acme::audit {

/// An entry as it lies in the database; `before` and `after` are JSON, "" for none.
struct Stored {
    AuditId id;
    WallTime created_at;
    std::optional<Uuid> org;
    std::string actor;
    std::string action;
    std::string target;
    std::string before;
    std::string after;
    std::string request_id;
    std::string ip;
};

/// The ten columns, in that order, of a statement's SELECT list.
Stored read_stored(pg::Row& row);

/// As the API shows it. Text of `before` or `after` that is no JSON, which record() never writes,
/// is shown as text.
boost::json::object to_json(const Stored& entry);

struct Filter {
    std::optional<OrgId> org = std::nullopt;
    std::string actor = "";  // "" for any
    std::string action = "";
    std::string target = "";
    std::optional<WallTime> since = std::nullopt;
    std::optional<WallTime> until = std::nullopt;  // and not this moment itself
};

inline constexpr std::size_t filter_bytes_max = 200;

/// A filter as somebody wrote it; nullopt for what was not asked for.
struct FilterWords {
    std::optional<std::string> org = std::nullopt;
    std::optional<std::string> actor = std::nullopt;
    std::optional<std::string> action = std::nullopt;
    std::optional<std::string> target = std::nullopt;
    std::optional<std::string> since = std::nullopt;  // RFC 3339
    std::optional<std::string> until = std::nullopt;
};

/// Errors: audit.filter (invalid), with each word that is none.
Result<Filter> read_filter(FilterWords words);

/// Newest first, those before `before`.
Task<std::vector<Stored>> list(
    pg::Database& db,
    trace::Context context,
    Filter filter,
    std::optional<AuditId> before,
    int limit
);

/// An entry and its seal, if it has one by now.
struct Exported {
    Stored entry;
    std::optional<std::int64_t> position;
    std::string prev_hash;
    std::string hash;
};

/// Oldest first, those after `after`.
Task<std::vector<Exported>> list_exported(
    pg::Database& db, trace::Context context, Filter filter, std::optional<AuditId> after, int limit
);

}  // namespace acme::audit
