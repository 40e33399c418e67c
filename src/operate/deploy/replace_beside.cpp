// The new program first, beside the old one: --strategy start-first.
#include "operate/deploy/replace.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using balancer::ServerNow;

/// It leads to exactly that; nullptr for none.
const ServerNow* leading_to(
    const std::vector<ServerNow>& servers, const std::string& node, const std::string& address
) {
    const ServerNow* const found = balancer::server_of(servers, node, address);
    return found != nullptr && found->address == address ? found : nullptr;
}

/// What this deployment, or a controller of it before, started there.
bool is_wanted(const Facts& there, const Facts& facts) {
    return there.release == facts.release && there.deployment == facts.deployment &&
           there.track == facts.track && there.known_good == facts.known_good;
}

/// Of its two, the one that the balancer does not know.
std::string free_name(const std::vector<ServerNow>& servers, const std::string& node) {
    const bool is_taken = std::ranges::find(servers, node, &ServerNow::name) != servers.end();
    return is_taken ? node + std::string(balancer::second_suffix) : node;
}

}  // namespace

/// The node's own name, when the balancer knows nothing of it: it then says so itself.
Task<std::string> Replacer::server_name(Facts facts) {
    const auto servers = co_await balancer_.servers();
    const ServerNow* const found =
        servers ? balancer::server_of(*servers, facts.node, facts.address) : nullptr;
    co_return found == nullptr ? facts.node : found->name;
}

Task<Result<>> Replacer::set_weights(std::map<std::string, int> weights) {
    if (weights.empty()) co_return done;
    std::map<std::string, int> of_servers;
    for (const ServerNow& server : ACME_TRY(co_await balancer_.servers())) {
        const auto wanted = weights.find(server.node);
        if (wanted != weights.end()) of_servers[server.name] = wanted->second;
    }
    co_return co_await balancer_.set_weights(std::move(of_servers));
}

/// The others' weights first, and the new server with its own: else it would take a full share.
Task<Result<>> Replacer::lead_to(Facts facts, std::map<std::string, int> weights) {
    const auto servers = ACME_TRY(co_await balancer_.servers());
    const ServerNow* const old = balancer::server_of(servers, facts.node, "");
    int weight = old == nullptr ? balancer::stable_weight : old->weight;
    const auto wanted = weights.find(facts.node);
    if (wanted != weights.end()) {
        weight = wanted->second;
        weights.erase(wanted);
    }
    ACME_TRY(co_await set_weights(std::move(weights)));
    const ServerNow* const there = leading_to(servers, facts.node, facts.address);
    if (there == nullptr) {
        co_return co_await balancer_.add(
            free_name(servers, facts.node), facts.address, service_port, weight
        );
    }
    ACME_TRY(co_await balancer_.set_weights({{there->name, weight}}));
    co_return co_await balancer_.ready(there->name);
}

Task<Result<>> Replacer::sweep(std::string node, std::string address) {
    const auto servers = ACME_TRY(co_await balancer_.servers());
    if (leading_to(servers, node, address) == nullptr) co_return done;
    for (const ServerNow& server : servers) {
        if (server.node != node || server.address == address) continue;
        ACME_TRY(co_await balancer_.remove(server.name));
    }
    co_return done;
}

Task<Result<>> Replacer::end_beside(
    trace::Context context, Fence fence, Instance there, Interrupt interrupt
) {
    for (const Instance& second : there.beside) {
        const auto servers = ACME_TRY(co_await balancer_.servers());
        if (leading_to(servers, second.facts.node, second.facts.address) != nullptr) {
            ACME_TRY(co_await drain(context, second.facts, interrupt));
            co_await tell_drained(context, second.facts.address);
        }
        ACME_TRY(co_await driver_.settle(fence, there.facts.node, there.facts.address, limits_.stop)
        );
    }
    co_return co_await sweep(there.facts.node, there.facts.address);
}

/// Nobody goes on with it. What was drained for it takes traffic again first.
Task<Result<>> Replacer::end_leftover(
    trace::Context context, Fence fence, Facts facts, Interrupt interrupt
) {
    Instance there = ACME_TRY(co_await instance_of(facts.node));
    if (there.beside.empty()) co_return done;
    const Facts own = there.facts;
    const Readiness said = co_await ask_ready(fetch_, context, own.address, own.role);
    if (said.is_ready()) {
        ACME_TRY(co_await readmit(context, fence, own, interrupt));
        co_return done;
    }
    co_return co_await end_beside(context, fence, std::move(there), interrupt);
}

Task<Result<Replaced>> Replacer::replace_beside(
    trace::Context context,
    Fence fence,
    Facts facts,
    std::map<std::string, int> weights,
    Interrupt interrupt
) {
    const Facts old = facts;
    Instance there = ACME_TRY(co_await instance_of(facts.node));
    ACME_TRY(interrupt(facts.node + " starts the other program beside its own"));
    if (!there.beside.empty() && !is_wanted(there.beside.front().facts, facts)) {
        ACME_TRY(co_await end_leftover(context, fence, facts, interrupt));
    }
    ACME_TRY(co_await driver_.start_beside(fence, facts));
    there = ACME_TRY(co_await instance_of(facts.node));
    if (!there.beside.empty()) facts.address = there.beside.front().facts.address;
    Replaced replaced{.node = facts.node, .started_at = co_await start_of(facts)};
    replaced.started_first = true;
    ACME_TRY(co_await until_ready(context, facts, replaced, interrupt));
    ACME_TRY(interrupt(""));
    ACME_TRY(co_await lead_to(facts, std::move(weights)));
    ACME_TRY(co_await until_in_rotation(facts, replaced, interrupt));
    const auto servers = ACME_TRY(co_await balancer_.servers());
    if (leading_to(servers, old.node, old.address) != nullptr) {
        const Replaced drained = ACME_TRY(co_await drain(context, old, interrupt));
        replaced.drained = drained.drained;
        replaced.drained_at = drained.drained_at;
        replaced.cut = drained.cut;
        replaced.streams = drained.streams;
        co_await tell_drained(context, old.address);
    }
    ACME_TRY(interrupt(facts.node + " ends its old program"));
    const SteadyTime stopping = clock_.steady();
    replaced.ended_by_itself =
        ACME_TRY(co_await driver_.settle(fence, facts.node, facts.address, limits_.stop));
    replaced.stopped = since(stopping);
    // One that HAProxy does not let go of yet is taken out with the last step.
    co_await sweep(facts.node, facts.address);
    co_return replaced;
}

}  // namespace acme::deploy
