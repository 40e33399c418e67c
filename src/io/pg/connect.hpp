#pragma once

/// How a session with PostgreSQL begins. Inside this room only.

#include "io/pg/connection.hpp"

namespace acme::pg {

/// A session in pipeline mode. Names are looked up beside the loop, for libpq would hold it up.
/// Throws Unreachable, also when `connect_time_max` is over, and ServerTooOld.
Task<std::shared_ptr<pg_conn>> connect(const ConnectionOptions& options);

}  // namespace acme::pg
