#pragma once

/// The files of PostgreSQL's cluster: made once, and its replicas copied from it.

#include "base/result.hpp"
#include "base/task.hpp"
#include "operate/local/plan.hpp"

#include <string>

namespace acme::local {

/// The folder of the newest PostgreSQL that Debian installed; "" when there is none of 15 or later.
std::string find_postgres(const std::string& installed = "/usr/lib/postgresql");

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
