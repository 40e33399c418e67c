#pragma once

/// Users by what is known of a person: a part of the name, or of the address.

#include "platform/accounts/accounts.hpp"

namespace acme::accounts {

inline constexpr std::size_t part_bytes_max = 254;

/// Those whose name or address holds `part`, in any case, in the order in which they were made,
/// after `after`. Every row may be read for it. Throws pg::Fault.
Task<std::vector<User>> people_with(
    pg::Database& db,
    trace::Context context,
    std::string part,
    std::optional<UserId> after,
    std::int64_t limit
);

/// Of `among` those whose name or address holds `part`, in any case. Throws pg::Fault.
Task<std::vector<UserId>> those_with(
    pg::Database& db, trace::Context context, std::vector<UserId> among, std::string part
);

}  // namespace acme::accounts
