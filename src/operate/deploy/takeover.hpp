#pragma once

/// The controller that is always there (in `acme scheduler`): it begins what was queued, goes on
/// with what a dead controller left, watches what has succeeded, and tells the database what it
/// missed.
///
/// Which scheduler does it is decided by who gets the machines (Hold), so several may try.

#include "io/loop/cancellable.hpp"
#include "operate/deploy/aftermath.hpp"

namespace acme::deploy {

inline constexpr std::chrono::milliseconds takeover_period{2'000};

class Takeover {
public:
    /// `own_node` is the node on which it runs.
    Takeover(CliParts parts, std::string own_node);

    /// Until stop(). What runs then is left to the next controller, at once.
    Task<> run();

    void stop();

    /// One look; true when something was carried out. For tests, and for run().
    Task<bool> look(trace::Context context);

private:
    /// What is carried out now.
    struct Running {
        Controller* controller;  // nullptr when it has ended
        DeploymentId id;
    };

    Task<std::vector<Deployment>> find_open(trace::Context context);
    Task<std::optional<Deployment>> choose(trace::Context context);
    Task<> carry_out(trace::Context context, Ground& ground, const Deployment& deployment);
    Task<> end_unbegun(
        trace::Context context, Journal& journal, const Deployment& deployment, Error why
    );
    static Task<> make_way(
        Deployments& deployments,
        std::string environment,
        trace::Context context,
        std::shared_ptr<Running> running
    );
    Order order_of(const Deployment& deployment) const;

    CliParts parts_;
    Deployments deployments_;
    Journal merging_;
    Aftermath aftermath_;
    std::string own_node_;
    std::shared_ptr<Cancellable> pause_;
    std::shared_ptr<Running> running_;
    bool is_stopping_ = false;
};

}  // namespace acme::deploy
