#pragma once

/// Where a rollback goes that names no release: to the known-good one and, where that runs
/// everywhere already, to the one that was good before it.

#include "operate/deploy/deploy_cli.hpp"

namespace acme::deploy {

/// What most of them say, also when a node was left behind; "" when none says anything.
std::string known_good_of(const std::vector<Instance>& instances);

/// By the machines and the journal's files alone, the earliest deployment first: the known-good
/// release while a node has another one, or while a deployment from it is under way; "" when there
/// is nothing to return from.
std::string return_from_what_is(
    const std::vector<Instance>& instances,
    const std::vector<Told>& told,
    const std::string& environment
);

/// What was good when `release` was brought here last; "" when no file tells.
std::string good_before(
    const std::string& release, const std::vector<Told>& told, const std::string& environment
);

struct Return {
    std::string release;
    std::string note = "";  // for people, where it is not the known-good one
};

/// Needs no database, and asks it only for the good release before the known-good one. Errors:
/// rollback.nowhere (conflict) with those that one may return to.
Task<Result<Return>> usual_return(
    const CliParts& parts, Driver& driver, trace::Context context, std::vector<Stored> stored
);

}  // namespace acme::deploy
