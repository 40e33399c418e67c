#include "operate/deploy/load.hpp"

#include <algorithm>
#include <cstdio>

namespace acme::deploy {
namespace {

constexpr double others_share = 0.95;  // of the traffic, beside a canary
constexpr double rounding = 1e-9;

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f %%", share * 100);
    return text;
}

}  // namespace

std::optional<double> Load::forecast() const {
    if (!peak || serving < 2) return std::nullopt;
    const auto count = static_cast<double>(serving);
    return *peak * (others_share / (count - 1)) / (1 / count);
}

bool Load::is_too_much() const {
    const auto expected = forecast();
    return expected && *expected > load_max + rounding;
}

std::string Load::words() const {
    if (serving < 2) return "One node serves: nobody carries its share while it is replaced.";
    const auto expected = forecast();
    if (!expected) {
        return "Whether the others can carry the canary's share is not judged: no node has told "
               "the "
               "CPU of its busiest minute yet.";
    }
    std::string text =
        "The busiest node used " + percent(*peak) +
        " of its CPU in its busiest minute; beside a canary each other one would use " +
        percent(*expected) + ", and " + percent(load_max) + " is the limit.";
    if (!unknown.empty()) text += " Not known: " + joined(unknown) + ".";
    return text;
}

Load load_of(const std::vector<NodeNow>& nodes) {
    Load load;
    for (const NodeNow& node : nodes) {
        if (node.role != "serve") continue;
        ++load.serving;
        if (node.cpu_peak) {
            load.peak = std::max(load.peak.value_or(0), *node.cpu_peak);
        } else {
            load.unknown.push_back(node.name);
        }
    }
    return load;
}

Result<Plan> weighed(Plan plan, const std::vector<NodeNow>& nodes, bool is_accepted) {
    const bool has_canary = std::ranges::any_of(plan.steps, [](const Step& step) {
        return step.kind == StepKind::canary;
    });
    if (!has_canary) return plan;
    const Load load = load_of(nodes);
    plan.load = load.words();
    if (is_accepted || !load.is_too_much()) return plan;
    return refuse(
        ErrorKind::conflict,
        "deploy.load",
        plan.load + " Add a node, wait for a quieter hour, or say --accept-load REASON."
    );
}

}  // namespace acme::deploy
