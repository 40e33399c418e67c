#include "operate/deploy/nodes_now.hpp"

#include "operate/judge/scrape.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds answer_time_max{2'000};
constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr std::size_t shown_bytes_max = 300;

void add_what_the_balancer_knows(NodeNow& node, const balancer::ServerNow& server) {
    node.is_ready = server.is_proven;
    node.takes_traffic = server.admin == balancer::Admin::ready;
    node.weight = server.weight;
    node.is_sticky = server.is_sticky;
}

}  // namespace

Task<Readiness> ask_ready(
    fetch::Client& fetch, trace::Context context, std::string address, std::string role
) {
    const std::uint16_t port = role == "serve" ? service_port : operations_port;
    fetch::Request request{
        .name = "deploy.readyz",
        .url = "http://" + address + ":" + std::to_string(port) + "/readyz",
        .connect_time_max = answer_time_max,
        .answer_time_max = answer_time_max,
        .silence_time_max = answer_time_max,
        .sends_trace = true,
    };
    try {
        auto response = co_await fetch.send(context, std::move(request));
        Readiness said{
            .status = response.status(),
            .release = std::string(response.header("X-Acme-Release")),
            .text = "",
        };
        said.text = co_await response.read_all(answer_bytes_max);
        said.text.resize(std::min(said.text.size(), shown_bytes_max));
        co_return said;
    } catch (const fetch::Fault& fault) {
        co_return Readiness{.status = 0, .release = "", .text = fault.what()};
    }
}

boost::json::object to_json(const NodeNow& node) {
    return {
        {"name", node.name},
        {"role", node.role},
        {"address", node.address},
        {"release", node.release},
        {"track", node.track},
        {"known_good", node.known_good},
        {"is_running", node.is_running},
        {"is_ready", node.is_ready},
        {"takes_traffic", node.takes_traffic},
        {"weight", node.weight},
        {"is_sticky", node.is_sticky},
        {"beside", node.beside},
    };
}

Facts as_facts(const NodeNow& node) {
    Facts facts;
    facts.node = node.name;
    facts.role = node.role;
    facts.address = node.address;
    return facts;
}

Task<Result<std::vector<NodeNow>>> nodes_now(
    Driver& driver, balancer::Balancer& balancer, fetch::Client& fetch, trace::Context context
) {
    const auto instances = ACME_TRY(co_await driver.instances());
    const auto servers = ACME_TRY(co_await balancer.servers());
    std::vector<NodeNow> nodes;
    for (const Instance& instance : instances) {
        const Facts& facts = instance.facts;
        NodeNow node{
            .name = facts.node,
            .role = facts.role,
            .address = facts.address,
            .release = facts.release,
            .track = facts.track,
            .known_good = facts.known_good,
            .is_running = instance.is_running,
            .beside = instance.beside.empty() ? "" : instance.beside.front().facts.release,
            .has_room = !instance.spare_address.empty(),
        };
        const auto* const found = balancer::server_of(servers, facts.node, facts.address);
        if (found != nullptr) {
            add_what_the_balancer_knows(node, *found);
        } else if (node.is_running) {
            const Readiness said = co_await ask_ready(fetch, context, node.address, node.role);
            node.is_ready = said.is_ready();
        }
        nodes.push_back(std::move(node));
    }
    co_return nodes;
}

Task<> add_cpu_peaks(fetch::Client& fetch, trace::Context context, std::vector<NodeNow>& nodes) {
    for (NodeNow& node : nodes) {
        if (node.role != "serve" || !node.is_ready) continue;
        const auto counters = co_await judge::scrape(
            fetch, context, node.address + ":" + std::to_string(operations_port)
        );
        if (!counters || counters->cpu_peak <= 0 || counters->cpu_limit <= 0) continue;
        node.cpu_peak = counters->cpu_peak / counters->cpu_limit;
    }
}

}  // namespace acme::deploy
