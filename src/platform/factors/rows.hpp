#pragma once

/// Private to platform/factors.

#include "base/result.hpp"
#include "io/pg/query.hpp"

namespace acme::factors {

// Whoever changes what a user has turned on does it one after the other: the first factor brings
// recovery codes, and the last takes them along.
inline constexpr pg::Query lock_user{"factors.lock_user", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('factors ' || $1::uuid::text, 0))
)sql"};

/// What is told of anything that is not right.
std::unexpected<Error> refused();

}  // namespace acme::factors
