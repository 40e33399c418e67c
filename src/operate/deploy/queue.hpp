#pragma once

/// What waits to be carried out by the controller that is always there (Takeover).

#include "operate/deploy/deployments.hpp"
#include "platform/audit/audit.hpp"

namespace acme::deploy {

struct Wanted {
    DeploymentId id;
    std::string environment;
    bool is_return = false;
    std::string release;
    std::string canary = "";  // the node; "": the last one that serves
    std::chrono::milliseconds canary_window = canary_window_default;
    std::string reason = "";
    std::string break_glass = "";  // for Freezes::admit(), before it is queued
};

/// Puts it in the table, with its audit row and its event. What waits there already and is of the
/// same kind ends as superseded: the newest wins (BEY-21). Errors: deploy.rollback_runs (conflict)
/// for a release while a rollback runs or waits (ROLL-5).
Task<Result<Deployment>> queue(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    Wanted wanted,
    WallTime now
);

}  // namespace acme::deploy
