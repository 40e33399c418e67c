#pragma once

#include "app/operations.hpp"

namespace acme::app {

/// Waits until PostgreSQL answers, is of version 15 or later, and knows every migration of this
/// program; then sets `readiness`. Tries again for as long as it takes, until it drains: a node
/// that is started before its database is ready soon after it (ENV-1). Both outlive the task.
Task<> become_ready(Platform& platform, Readiness& readiness);

}  // namespace acme::app
