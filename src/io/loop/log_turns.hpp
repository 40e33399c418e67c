#pragma once

/// Has the log's lines of one turn of the loop written together.

#include "io/loop/loop.hpp"
#include "io/telemetry/telemetry.hpp"

namespace acme {

/// From now on. Both outlive the loop's last run(); the loop is destroyed before the log.
void write_log_by_turns(Loop& loop, Telemetry& telemetry);

}  // namespace acme
