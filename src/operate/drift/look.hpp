#pragma once

/// How things are now: asked of the database, the machines, the nodes and the balancer.

#include "operate/deploy/deploy_cli.hpp"
#include "operate/drift/drift.hpp"

namespace acme::drift {

/// The world, or why there is nothing to compare now.
struct Found {
    World world;
    std::string note = "";  // "dpl_… is under way: …"; "" when it can be compared
};

/// Errors: those of the machines and the balancer. Throws pg::Fault.
Task<Result<Found>> find(
    const deploy::CliParts& parts, deploy::Ground& ground, trace::Context context
);

/// Looks, and keeps what was found. Where no machines are found, or they do not answer, that is the
/// note of the look. Throws pg::Fault.
Task<Look> look(const deploy::CliParts& parts, trace::Context context);

}  // namespace acme::drift
