#pragma once

/// Nodes as they are now: asked of the machines, of the balancer and of themselves.

#include "io/fetch/fetch.hpp"
#include "operate/balancer/driver.hpp"
#include "operate/deploy/driver.hpp"
#include "operate/deploy/plan.hpp"

namespace acme::deploy {

inline constexpr std::uint16_t service_port = 8080;     // C-16
inline constexpr std::uint16_t operations_port = 9090;  // C-16

/// What a node says of itself.
struct Readiness {
    int status = 0;       // 0: it does not answer
    std::string release;  // X-Acme-Release
    std::string text;     // of the answer, or why there is none

    bool is_ready() const { return status == 200; }
};

/// GET /readyz, of the port that a node of this role answers on.
Task<Readiness> ask_ready(
    fetch::Client& fetch, trace::Context context, std::string address, std::string role
);

boost::json::object to_json(const NodeNow& node);

/// Where it is and what it is for; which release, is for others to say.
Facts as_facts(const NodeNow& node);

/// Errors: those of Driver::instances() and Balancer::servers().
Task<Result<std::vector<NodeNow>>> nodes_now(
    Driver& driver, balancer::Balancer& balancer, fetch::Client& fetch, trace::Context context
);

/// Asks each node that serves for NodeNow::cpu_peak; what does not answer has none.
Task<> add_cpu_peaks(fetch::Client& fetch, trace::Context context, std::vector<NodeNow>& nodes);

}  // namespace acme::deploy
