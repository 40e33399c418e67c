#pragma once

/// Who changed what (C-12). A row is written in the transaction of the change it tells of.

#include "base/clock.hpp"
#include "base/identity.hpp"
#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::pg {
class Transaction;
}

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

/// Names, values and times only: redaction is record()'s work, secrets are not to be given at all.
Task<> record(pg::Transaction& transaction, trace::Context context, Actor actor, Entry entry);

}  // namespace acme::audit
