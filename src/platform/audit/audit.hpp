#pragma once

/// Who changed what (C-12). A row is written in the transaction of the change it tells of.

#include "base/clock.hpp"
#include "base/identity.hpp"
#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::audit {

/// Who did it: a user's id, or "system", "cli".
struct Actor {
    std::string name = "system";
    std::optional<OrgId> org = std::nullopt;
    std::string ip = "";
};

struct Entry {
    std::string_view action;  // a literal, "files.delete"
    std::string target;       // the id of what changed
    std::string before = "";  // JSON, redacted; "" for none
    std::string after = "";
};

/// A JSON object on one line, for Entry::before and after: `{{"name", "Ada"}}`. Values are text;
/// record() replaces those whose name says that they are secret.
std::string json_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

/// JSON with "[redacted]" in place of every value, at any depth, whose name says that it is secret,
/// and of every credential in any text. What is no JSON becomes a JSON text.
std::string redacted_json(std::string_view json);

/// Names, values and times only: redaction is record()'s work, secrets are not to be given at all.
/// The request id is that of the trace.
Task<> record(pg::Transaction& transaction, trace::Context context, Actor actor, Entry entry);

/// Whether `actor` ever did this. Looks through all that they did until it is found: for start-up
/// and commands, not for requests.
Task<bool> has_done(
    pg::Database& db, trace::Context context, std::string actor, std::string_view action
);

}  // namespace acme::audit
