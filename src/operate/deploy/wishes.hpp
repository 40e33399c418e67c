#pragma once

/// What people ask of a deployment: which of it is possible when, and the asking itself.

#include "operate/deploy/deployments.hpp"
#include "platform/audit/audit.hpp"

namespace acme::deploy {

enum class Action : std::uint8_t { hold, resume, promote, abort };

/// "hold" and so on, as Wish::what says it.
std::string_view name_of(Action action);

/// Whether it is possible now; the Error says why not. Errors, all conflict: deploy.has_ended,
/// deploy.is_rollback (a rollback is neither held nor aborted), deploy.no_canary (only a canary is
/// held), deploy.is_held, deploy.not_held, deploy.canary_required (nothing is promoted before its
/// canary, PIPE-O2), deploy.canary_passed (there is nothing to promote any more),
/// deploy.goes_back (it is on its way back already).
Result<> may(const Deployment& deployment, Action action);

/// The same for that person. Errors: also deploy.second_person (conflict), for a promotion by who
/// began the deployment.
Result<> may(const Deployment& deployment, Action action, std::string_view who);

/// Which of those that have not ended somebody means who names none: the newest that has begun, and
/// one that waits only where nothing else is. `running` is not empty, the oldest is first.
const Deployment& meant_of(const std::vector<Deployment>& running);

/// Writes the wish for whoever carries the deployment out, with its audit row and its event. One
/// that waits for its beginning is ended at once by an abort. Errors: deploy.not_found (not_found),
/// deploy.wish (invalid) for a word that is none, and those of may() for that
/// actor; a promotion that breaks the glass needs no second person, wants a reason
/// (changes.freeze_invalid, invalid), and is told in the audit and among the changes.
Task<Result<Deployment>> ask(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    DeploymentId id,
    Wish wish
);

}  // namespace acme::deploy
