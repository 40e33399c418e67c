#pragma once

/// What platform/flag_settings has published, in the feed's own words. Private to
/// platform/flag_feed. Throws pg::Fault when the database is out of reach.

#include "base/task.hpp"
#include "io/telemetry/trace.hpp"
#include "platform/flag_feed/edition.hpp"

#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::flag_feed {

/// One environment and the version that was last published to it; 0: none was.
struct Published {
    std::int64_t id;
    std::string environment;
    std::int64_t version;
};

Task<std::vector<Published>> read_published(pg::Database& db, trace::Context context);

/// A list as it was packed; nullopt where there is none of that id.
Task<std::optional<std::string>> read_list(
    pg::Database& db, trace::Context context, std::string id
);

/// The newest rule set; nullopt where none was published.
Task<std::optional<Printed>> read_newest(
    pg::Database& db, trace::Context context, std::string environment
);

}  // namespace acme::flag_feed
