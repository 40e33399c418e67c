#include "operate/deploy/share.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

bool is_in_rotation(const balancer::ServerNow& server) {
    return server.is_up && server.admin == balancer::Admin::ready;
}

}  // namespace

Task<Result<std::string>> keep_share(balancer::Balancer& balancer, std::string canary) {
    const auto servers = ACME_TRY(co_await balancer.servers());
    const auto own = std::ranges::find(servers, canary, &balancer::ServerNow::node);
    std::vector<std::string> others;
    for (const balancer::ServerNow& server : servers) {
        if (server.node != canary && is_in_rotation(server)) others.push_back(server.name);
    }
    if (own == servers.end() || others.empty()) co_return "";
    auto weights = balancer::canary_weights(others, own->name);
    const bool is_right = std::ranges::all_of(servers, [&](const balancer::ServerNow& server) {
        const auto wanted = weights.find(server.name);
        return wanted == weights.end() || wanted->second == server.weight;
    });
    if (is_right) co_return "";
    const int weight = weights[own->name];
    ACME_TRY(co_await balancer.set_weights(std::move(weights)));
    std::string text = "in rotation beside " + canary + " now:";
    for (const std::string& name : others) text += " " + name;
    text += "; so it weighs " + std::to_string(weight) + " against " +
            std::to_string(balancer::stable_weight) + " of each, which is 5 %";
    co_return text;
}

}  // namespace acme::deploy
