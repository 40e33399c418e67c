#include "operate/judge/judge.hpp"

#include "io/loop/task_group.hpp"

#include <algorithm>

namespace acme::judge {
namespace {

constexpr std::chrono::seconds minute{60};
constexpr std::chrono::seconds five_minutes = History::kept;

std::string address_of(const balancer::ServerNow& server) {
    return server.address + ":" + std::to_string(server.port);
}

Probes& operator+=(Probes& sum, const Probes& more) {
    sum.counts += more.counts;
    sum.wrong_release += more.wrong_release;
    if (!more.said_release.empty()) sum.said_release = more.said_release;
    if (!more.last_failure.empty()) sum.last_failure = more.last_failure;
    if (more.ready_failures > sum.ready_failures) {
        sum.ready_failures = more.ready_failures;
        sum.unready = more.unready;
    }
    return sum;
}

}  // namespace

Judge::Judge(
    Telemetry& telemetry,
    fetch::Client& client,
    const Clock& clock,
    balancer::Balancer& balancer,
    std::vector<Target> targets,
    Reads reads
)
    : telemetry_(telemetry),
      client_(client),
      clock_(clock),
      balancer_(balancer),
      reads_(std::move(reads)) {
    for (Target& target : targets) {
        if (target.role != "serve") continue;
        const std::string name = target.node;
        nodes_.try_emplace(name, std::move(target), telemetry_, client_);
    }
}

void Judge::mark() {
    for (auto& [name, node] : nodes_) {
        node.history.mark();
        node.prober.mark();
        node.ends = {};
    }
}

Task<> Judge::read(Node& node) {
    const std::string address = node.target.operations;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    auto counters = co_await scrape(client_, trace.begin(std::nullopt, 0), address);
    // A node that still answers with its old release is not yet what is judged.
    if (counters && !counters->release.empty() && counters->release != node.target.release) {
        counters.reset();
    }
    node.counters = std::move(counters);
}

Task<> Judge::sample() {
    const Executor executor = co_await asio::this_coro::executor;
    TaskGroup reading(telemetry_.log);
    for (auto& [name, node] : nodes_) reading.spawn(executor, "judge.read", read(node));
    const auto servers = co_await balancer_.servers();
    co_await reading.join();
    const SteadyTime now = clock_.steady();
    for (auto& [name, node] : nodes_) {
        std::optional<balancer::ServerNow> server;
        if (servers) {
            const auto found = std::ranges::find(*servers, name, &balancer::ServerNow::node);
            if (found != servers->end()) server = *found;
        }
        node.history.add(now, node.counters, server, node.prober.take_counted());
        if (server) node.balancer = std::move(server);
        node.counters.reset();
    }
}

Task<> Judge::probe(Node& node) {
    const std::string address = node.balancer ? address_of(*node.balancer) : node.target.service;
    const std::string release = node.target.release;
    co_await node.prober.look(address, release, reads_);
}

Task<> Judge::probe() {
    const Executor executor = co_await asio::this_coro::executor;
    TaskGroup probing(telemetry_.log);
    for (auto& [name, node] : nodes_) {
        const bool is_known = node.balancer || !node.target.service.empty();
        if (!node.target.is_probed || !is_known) continue;
        probing.spawn(executor, "judge.probe", probe(node));
    }
    co_await probing.join();
}

void Judge::tell_ends(const std::string& node, Ends ends) {
    const auto found = nodes_.find(node);
    if (found != nodes_.end()) found->second.ends = std::move(ends);
}

void Judge::forget(const std::string& node) {
    const auto found = nodes_.find(node);
    if (found == nodes_.end()) return;
    found->second.history = History();
    found->second.ends = {};
}

Window Judge::merged(bool is_judged, Time time) const {
    Merge merge;
    Ends ends;
    for (const auto& [name, node] : nodes_) {
        const History& history = node.history;
        if (node.target.is_judged != is_judged) continue;
        if (time) {
            merge.add(history.since(*time), history.seconds(*time), history);
        } else {
            merge.add(history.whole(), history.whole_seconds(), history);
        }
        ends.count += node.ends.count;
        ends.was_out_of_memory = ends.was_out_of_memory || node.ends.was_out_of_memory;
        if (!node.ends.last.empty()) ends.last = node.ends.last;
    }
    Window window = merge.finish();
    window.restarts = std::max(window.restarts, ends.count);
    window.was_out_of_memory = ends.was_out_of_memory;
    window.last_end = std::move(ends.last);
    return window;
}

Seen Judge::canary() const {
    Seen seen{
        .minute = merged(true, minute),
        .whole = merged(true, std::nullopt),
        .probes_minute = {},
        .probes_whole = {},
    };
    for (const auto& [name, node] : nodes_) {
        if (!node.target.is_judged) continue;
        seen.memory = node.history.memory();
        seen.probes_minute += node.prober.minute();
        seen.probes_whole += node.prober.whole();
    }
    return seen;
}

Window Judge::stable() const { return merged(false, std::nullopt); }

std::vector<Verdict> Judge::end(const std::vector<std::string>& alerts) const {
    return end_of_window(canary(), stable(), alerts);
}

std::map<std::string, Counts> Judge::by_node(Time time) const {
    std::map<std::string, Counts> counts;
    for (const auto& [name, node] : nodes_) {
        const Totals totals = time ? node.history.since(*time) : node.history.whole();
        Merge merge;
        merge.add(totals, 0, node.history);
        counts.emplace(name, merge.finish().users);
    }
    return counts;
}

std::vector<std::string> Judge::mute() const {
    std::vector<std::string> names;
    for (const auto& [name, node] : nodes_) {
        if (!node.history.answers()) names.push_back(name);
    }
    return names;
}

double Judge::share() const {
    double own = 0;
    double all = 0;
    for (const auto& [name, node] : nodes_) {
        const auto requests = static_cast<double>(node.history.since(minute).balancer.requests);
        all += requests;
        if (node.target.is_judged) own += requests;
    }
    return all > 0 ? own / all : 0;
}

double Judge::weight_share() const {
    std::vector<balancer::ServerNow> servers;
    for (const auto& [name, node] : nodes_) {
        if (node.balancer) servers.push_back(*node.balancer);
    }
    double own = 0;
    for (const auto& [name, node] : nodes_) {
        const bool is_own = node.balancer && node.target.is_judged;
        if (is_own) own += balancer::share_of(*node.balancer, servers);
    }
    return own;
}

Report Judge::report() const {
    return {
        .share = share(),
        .weight_share = weight_share(),
        .canary = canary(),
        .stable = stable(),
        .stable_minute = merged(false, minute),
        .canary_five_minutes = merged(true, five_minutes),
        .stable_five_minutes = merged(false, five_minutes),
        .now = abort(),
        .checks = end({}),
        .mute = mute(),
    };
}

SiteReport Judge::site() const {
    Merge merge;
    Merge last;
    for (const auto& [name, node] : nodes_) {
        const History& history = node.history;
        merge.add(history.whole(), history.whole_seconds(), history);
        last.add(history.since(five_minutes), history.seconds(five_minutes), history);
    }
    auto whole = by_node(std::nullopt);
    return {
        .watched = watch(by_node(minute), whole),
        .site = merge.finish(),
        .site_five_minutes = last.finish(),
        .nodes = std::move(whole),
        .mute = mute(),
    };
}

}  // namespace acme::judge
