#pragma once

#include "app/operations.hpp"

namespace acme::app {

/// A release that was good here before (RELEASE_IS_KNOWN_GOOD) waits so long for the first word of
/// a database that may hang, and is ready then; what become_ready() finds out later still counts.
/// Does nothing for any other. Comes before the first question to the database.
void limit_wait(Platform& platform, Readiness& readiness);

/// Waits until PostgreSQL answers, is of version 15 or later, and knows every migration of this
/// program. Tries again for as long as it takes, until it drains: a node that is started before its
/// database is ready soon after it (ENV-1). False when it drains or gives up, or is ready already:
/// a release that was good here before does not wait for a PostgreSQL that is out of reach, else
/// nobody could return to it during the outage (ROLL-2). Both outlive the task.
Task<bool> until_usable(Platform& platform, Readiness& readiness);

/// The same, and is ready then.
Task<> become_ready(Platform& platform, Readiness& readiness);

}  // namespace acme::app
