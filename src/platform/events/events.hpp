#pragma once

/// What happened, told live: GET /v1/events (SSE). A row is written in the transaction of its
/// cause, so an event is seen if and only if the change happened.

#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::pg {
class Transaction;
}

namespace acme::events {

struct Event {
    std::string_view topic;         // a literal, the room's name: "files"
    std::string id;                 // of what changed
    std::string_view verb;          // a literal: "created", "deleted"
    std::optional<OrgId> org = {};  // who may see it: members of that organization; none: viewers
    std::string data = "{}";        // JSON: the resource as its GET shows it, or a part of it
};

Task<> publish(pg::Transaction& transaction, trace::Context context, Event event);

}  // namespace acme::events
