#pragma once

/// The files of PostgreSQL's cluster: made once, and its replicas copied from it.

#include "base/result.hpp"
#include "base/task.hpp"
#include "operate/local/plan.hpp"

#include <string>

namespace acme::local {

/// The folder of the newest PostgreSQL that Debian installed; "" when there is none of 15 or later.
std::string find_postgres(const std::string& installed = "/usr/lib/postgresql");

/// A PostgreSQL that was killed leaves files with its number, and by the time of the next start
/// that may be another process's of the same account: PostgreSQL then takes that one for itself,
/// and does not start. Removes them unless a process stands in the folder of the data, as all of
/// PostgreSQL's do. `number` 0 is the primary.
void remove_dead_locks(const Layout& layout, int number);

/// Makes the cluster with the role and the database `acme`, unless it is there. True when it was
/// made. Half of one, left by an interrupted call, is made anew.
/// Errors: local.postgres_failed (unavailable) with PostgreSQL's last words; local.postgres_version
/// (conflict) when the cluster was made by another major version.
Task<Result<bool>> ensure_cluster(const Layout& layout, const Tools& tools);

/// Makes the role of the nodes in the running primary, unless it is there; `acme migrate` grants it
/// what they need. Errors: local.postgres_failed (unavailable).
Task<Result<>> ensure_program_role(const Layout& layout, const Tools& tools);

/// Copies the running primary for replica `number`, unless that is there; it then streams.
/// Errors: local.postgres_failed (unavailable).
Task<Result<bool>> ensure_replica(const Layout& layout, const Tools& tools, int number);

}  // namespace acme::local
