#include "operate/deploy/share.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

bool is_in_rotation(const balancer::ServerNow& server) {
    return server.is_up && server.admin == balancer::Admin::ready;
}

using Servers = std::vector<balancer::ServerNow>;

/// The one that takes traffic, where two lead to the node.
Servers::const_iterator own_of(const Servers& servers, const std::string& node) {
    const auto taking = std::ranges::find_if(servers, [&node](const balancer::ServerNow& server) {
        return server.node == node && server.admin == balancer::Admin::ready;
    });
    if (taking != servers.end()) return taking;
    return std::ranges::find(servers, node, &balancer::ServerNow::node);
}

}  // namespace

Task<Result<std::string>> keep_share(
    balancer::Balancer& balancer, std::string canary, bool is_sticky
) {
    const auto servers = ACME_TRY(co_await balancer.servers());
    const auto own = own_of(servers, canary);
    std::vector<std::string> others;
    for (const balancer::ServerNow& server : servers) {
        if (server.node != canary && is_in_rotation(server)) others.push_back(server.name);
    }
    if (own == servers.end() || others.empty()) co_return "";
    auto weights = balancer::canary_weights(others, own->name);
    if (is_sticky) weights[own->name] = 0;
    // Nobody is led to what was drained meanwhile, by whomever.
    const bool is_missing = is_sticky && !own->is_sticky && own->admin == balancer::Admin::ready;
    const bool is_right =
        !is_missing && std::ranges::all_of(servers, [&](const balancer::ServerNow& server) {
            const auto wanted = weights.find(server.name);
            return wanted == weights.end() || wanted->second == server.weight;
        });
    if (is_right) co_return "";
    const int weight = weights[own->name];
    ACME_TRY(co_await balancer.set_weights(std::move(weights)));
    if (is_missing) ACME_TRY(co_await balancer.stick(own->name));
    std::string text = "in rotation beside " + canary + " now:";
    for (const std::string& name : others) text += " " + name;
    if (is_sticky) co_return text + "; 5 % of the users are led to it";
    text += "; so it weighs " + std::to_string(weight) + " against " +
            std::to_string(balancer::stable_weight) + " of each, which is 5 %";
    co_return text;
}

}  // namespace acme::deploy
