#pragma once

/// Who is in a segment by name.

#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <string>
#include <vector>

namespace acme::pg {
class Database;
}

namespace acme::flag_settings {

/// Longer lists stand apart from rule sets and are not exported, and for a preview only those who
/// are asked about are read.
inline constexpr std::int64_t short_list_max = 10'000;
inline constexpr int members_page_max = 50'000;

struct Member {
    std::string kind;  // "user", "org"
    std::string id;

    friend bool operator==(const Member&, const Member&) = default;
};

/// In the order of kind and id, those after `after`; none of a segment that is not there.
Task<std::vector<Member>> members_after(
    pg::Database& db, trace::Context context, std::string segment, Member after, int limit
);

}  // namespace acme::flag_settings
