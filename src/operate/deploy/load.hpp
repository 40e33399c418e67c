#pragma once

/// Whether the other nodes can carry what a canary does not (PIPE-6): pure.

#include "operate/deploy/plan.hpp"

namespace acme::deploy {

/// Of the CPU that a node may use.
inline constexpr double load_max = 0.85;

struct Load {
    std::size_t serving = 0;
    std::optional<double> peak = std::nullopt;  // of the busiest node whose figure is known
    std::vector<std::string> unknown = {};      // the nodes whose figure is not

    /// Of each other node, while the canary gets a twentieth of what all carried. nullopt for one
    /// node alone, and where no peak is known.
    std::optional<double> forecast() const;

    bool is_too_much() const;  // beyond load_max; never where there is no forecast
    std::string words() const;
};

/// By NodeNow::cpu_peak of the nodes that serve.
Load load_of(const std::vector<NodeNow>& nodes);

/// The plan with Plan::load, where it has a canary. Errors: deploy.load (conflict).
Result<Plan> weighed(Plan plan, const std::vector<NodeNow>& nodes, bool is_accepted);

}  // namespace acme::deploy
