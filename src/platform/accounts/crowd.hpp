#pragma once

/// Many users at once, for whoever counts over all of them.

#include "base/ids.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::accounts {

struct UserInOrganization {
    UserId user;
    OrgId org;  // the first that the user belongs to
};

/// Those who may sign in, the newest first.
Task<std::vector<UserInOrganization>> newest_users(
    pg::Database& db, trace::Context context, int limit
);

}  // namespace acme::accounts
