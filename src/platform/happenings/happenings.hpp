#pragma once

/// What happened in an organization, on its way to programs outside. The room owns the table
/// happenings (sql/202611291518_happenings.sql), in which nothing stays.
///
/// What happens to one subject is told in the order in which it happened: whoever changes a subject
/// holds its row until the transaction ends, and takes the next number meanwhile.

#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::pg {
class Transaction;
}

namespace acme::happenings {

using EventId = Id<"evt_">;

struct Happening {
    std::string_view type;  // a literal, one of types()
    OrgId org;
    std::string subject;  // the id of what it happened to
    std::string data;     // a JSON object as the type's schema has it, without secrets
};

/// One that was told.
struct Told {
    EventId id;
    OrgId org;
    std::optional<std::string> subject;
    std::int64_t seq = 0;  // grows with each that happens to the same subject
    std::string type;
    std::string data;
    WallTime at;
    std::string traceparent;
    std::string request_id;
};

/// Is told if and only if `transaction` commits, at least once. A type that is none is a bug and
/// throws.
Task<> tell(
    pg::Transaction& transaction, trace::Context context, Telemetry& telemetry, Happening happening
);

/// The oldest, at most `count`: gone with the end of the transaction, for whoever takes over what
/// is to become of them. Of two at once one gets nothing: the order would be lost between them.
Task<std::vector<Told>> take(pg::Transaction& transaction, trace::Context context, int count);

}  // namespace acme::happenings
