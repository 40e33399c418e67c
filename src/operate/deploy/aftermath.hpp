#pragma once

/// Three minutes of looking at the release to which a bad one was taken back (ROLL-1). When that
/// one fails as much, the release was not to blame: it is noted, and nothing is taken back again.

#include "operate/deploy/deploy_cli.hpp"

namespace acme::deploy {

/// Whether the newest deployment of an environment is to be looked after: it was taken back a short
/// while ago for what its requests or probes said.
bool needs_aftermath(const Deployment& newest, WallTime now);

class Aftermath {
public:
    static constexpr std::chrono::milliseconds time{3 * 60'000};

    /// Its like outlives it.
    explicit Aftermath(CliParts& parts) : parts_(parts), deployments_(parts.db) {}

    /// Does what is due; to be called every few seconds while nothing is deployed. Throws
    /// pg::Fault.
    Task<> look(trace::Context context);

private:
    Task<> begin(trace::Context context, const Deployment& deployment);
    Task<> end(trace::Context context);

    CliParts& parts_;
    Deployments deployments_;
    DeploymentId done_;  // this one has had its three minutes
    std::optional<Deployment> looked_after_;
    std::optional<Ground> ground_;
    SteadyTime begun_{};
    std::string flaw_;  // what the last look said; "" when all was well
};

}  // namespace acme::deploy
