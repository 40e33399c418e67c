#pragma once

/// Jobs that somebody enqueues for others, and follows until they have ended.

#include "io/pg/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::jobs {

/// `org` is an organization's id, or "" for the platform.
struct Order {
    std::string org;
    std::string queue = "default";
    std::string kind;
    std::string args = "{}";
    std::int64_t priority = 5;
    std::string user = "";  // who asked for it; "" for nobody
};

/// Adds a job that exists if and only if `transaction` commits, due at once, and wakes those who
/// wait for one. A queue that is not there is made. Returns its id.
Task<std::int64_t> add_for(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, Order order
);

/// "open" while it waits or runs, then "done", "failed" or "cancelled". Of a job whose queue keeps
/// no history nothing is known but that it has ended, and that it is not dead: "done".
struct Fate {
    std::int64_t id;
    std::string state;
    std::optional<WallTime> ended_at;
};

/// In no order.
Task<std::vector<Fate>> fates(
    pg::Transaction& transaction,
    trace::Context context,
    std::string org,
    std::vector<std::int64_t> ids
);
Task<std::vector<Fate>> fates(
    pg::Database& db, trace::Context context, std::string org, std::vector<std::int64_t> ids
);

/// What waits has ended then; what runs is asked to. Twice is harmless.
Task<> cancel(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string org,
    std::vector<std::int64_t> ids
);

}  // namespace acme::jobs
