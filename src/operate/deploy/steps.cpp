// The steps of a plan, as the Controller carries them out. Each may be begun again after any part.
#include "io/loop/loop.hpp"
#include "operate/deploy/controller.hpp"

#include <algorithm>
#include <set>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{100};
constexpr milliseconds everywhere_max{30'000};  // each was ready when it was replaced
constexpr std::size_t output_bytes_max = 4'000;

std::vector<std::string> names_of(const std::vector<balancer::ServerNow>& servers) {
    std::vector<std::string> names;
    for (const balancer::ServerNow& server : servers) names.push_back(server.name);
    return names;
}

/// Each once, though two servers may lead to it.
std::vector<std::string> nodes_in(const std::vector<balancer::ServerNow>& servers) {
    std::set<std::string> nodes;
    for (const balancer::ServerNow& server : servers) nodes.insert(server.node);
    return {nodes.begin(), nodes.end()};
}

}  // namespace

Facts Controller::facts_for(const Facts& there, std::string track) const {
    return {
        .environment = order_.environment,
        .node = there.node,
        .role = there.role,
        .release = goal_.release,
        .digest = "",
        .known_good = goal_.known_good,
        .deployment = order_.id.str(),
        .track = std::move(track),
        .spec = "",
        .address = there.address,
    };
}

Task<Result<NodeNow>> Controller::node_of(trace::Context context, std::string name) {
    const auto nodes =
        ACME_TRY(co_await nodes_now(parts_.driver, parts_.balancer, parts_.fetch, context));
    const auto found = std::ranges::find(nodes, name, &NodeNow::name);
    if (found != nodes.end()) co_return *found;
    co_return refuse(ErrorKind::conflict, "deploy.node_gone", name + " is no node any more.");
}

Task<Result<std::string>> Controller::migrate(trace::Context) {
    const Ended ended = ACME_TRY(co_await while_here(
        parts_.driver.run_once(hold_->fence(), goal_.release, {"migrate"}, limits_.migrate)
    ));
    std::string tail =
        ended.output.substr(ended.output.size() - std::min(ended.output.size(), output_bytes_max));
    if (ended.code == 0) co_return tail;
    co_return refuse(
        ErrorKind::conflict,
        "deploy.migration_failed",
        "The migrations of " + goal_.release + " failed: " + tail
    );
}

Task<Result<std::string>> Controller::shed(const Step& step) {
    for (const Instance& instance : ACME_TRY(co_await parts_.driver.instances())) {
        if (std::ranges::find(step.nodes, instance.facts.node) == step.nodes.end()) continue;
        ACME_TRY(co_await shed_programs(instance));
    }
    co_return "no new request reaches them";
}

/// Of a node with two programs, those that are not of the release that is returned to.
Task<Result<>> Controller::shed_programs(Instance instance) {
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    const auto& beside = instance.beside;
    for (const balancer::ServerNow& server : servers) {
        if (server.node != instance.facts.node) continue;
        const bool is_second = !beside.empty() && server.address == beside.front().facts.address;
        const Facts& facts = is_second ? beside.front().facts : instance.facts;
        if (facts.release == goal_.release) continue;
        ACME_TRY(interrupt());
        ACME_TRY(co_await parts_.balancer.drain(server.name));
    }
    co_return done;
}

Task<Result<std::string>> Controller::canary(trace::Context context, const Step& step) {
    const NodeNow node = ACME_TRY(co_await node_of(context, step.nodes.front()));
    const bool is_there = node.release == goal_.release && node.track == "canary" &&
                          node.is_running && node.is_ready && node.takes_traffic &&
                          node.beside.empty();
    auto stable = nodes_in(ACME_TRY(co_await parts_.balancer.servers()));
    std::erase(stable, node.name);
    auto weights = balancer::canary_weights(stable, node.name);
    const bool is_sticky = goal_.is_sticky && !stable.empty();
    if (is_sticky) weights[node.name] = 0;  // nobody is led there before it is in rotation
    Replacer replacer(
        parts_.driver, parts_.balancer, parts_.fetch, parts_.telemetry.clock, limits_
    );
    if (is_there) {
        ACME_TRY(interrupt());
        ACME_TRY(co_await replacer.sweep(node.name, node.address));
        ACME_TRY(co_await replacer.set_weights(std::move(weights)));
        if (is_sticky) ACME_TRY(co_await lead_users(context, node.name));
        co_return node.name + " has it already; it is judged anew";
    }
    const auto how = step.starts_first ? &Replacer::replace_beside : &Replacer::replace;
    const Replaced replaced = ACME_TRY(co_await while_here((replacer.*how)(
        context,
        hold_->fence(),
        facts_for(as_facts(node), "canary"),
        std::move(weights),
        interrupter()
    )));
    cut_ += replaced.cut;
    if (is_sticky) ACME_TRY(co_await lead_users(context, node.name));
    co_return replaced.evidence() + (is_sticky ? "; 5 % of the users are led to it" : "");
}

/// To the node as it is now: it may have another address, and another server, than before.
Task<Result<>> Controller::lead_users(trace::Context context, std::string name) {
    const NodeNow node = ACME_TRY(co_await node_of(context, std::move(name)));
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    const auto* const server = balancer::server_of(servers, node.name, node.address);
    if (server == nullptr) {
        co_return refuse(
            ErrorKind::conflict,
            "deploy.no_rotation",
            "The balancer does not know " + node.name + "."
        );
    }
    ACME_TRY(interrupt());
    co_return co_await parts_.balancer.stick(server->name);
}

/// A sticky canary keeps its users until the roll ends. It weighs nothing, and may soon be all that
/// is left: so it takes from now on what a canary does that is not sticky, too.
Task<Result<>> Controller::give_weight() {
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    const auto sticky = std::ranges::find(servers, true, &balancer::ServerNow::is_sticky);
    if (sticky == servers.end() || sticky->weight > 0) co_return done;
    auto stable = nodes_in(servers);
    std::erase(stable, sticky->node);
    const auto weights = balancer::canary_weights(stable, sticky->node);
    co_return co_await parts_.balancer.set_weights({{sticky->name, weights.at(sticky->node)}});
}

/// How many nodes beside those of the step take traffic, and how many must. All may go when those
/// of the step take none.
Task<Result<std::size_t>> Controller::others_in_rotation(const Step& step, std::size_t& floor) {
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    const auto nodes = nodes_in(servers);
    const auto is_own = [&step](const std::string& node) {
        return std::ranges::find(step.nodes, node) != step.nodes.end();
    };
    const auto own = static_cast<std::size_t>(std::ranges::count_if(nodes, is_own));
    const auto takes_traffic = [&servers](const std::string& node) {
        return std::ranges::any_of(servers, [&node](const balancer::ServerNow& server) {
            return server.node == node && server.is_proven &&
                   server.admin == balancer::Admin::ready;
        });
    };
    floor = own == 0 ? 0 : std::min(floor_of(nodes.size()), nodes.size() - own);
    co_return static_cast<std::size_t>(std::ranges::count_if(nodes, [&](const std::string& node) {
        return !is_own(node) && takes_traffic(node);
    }));
}

/// Never fewer than the floor in rotation (PIPE-8): when another node is missing, it waits.
Task<Result<>> Controller::until_floor(trace::Context context, const Step& step) {
    const SteadyTime begun = parts_.telemetry.clock.steady();
    bool is_told = false;
    while (limits_.floor_wait > milliseconds(0)) {
        std::size_t floor = 0;
        const std::size_t others = ACME_TRY(co_await others_in_rotation(step, floor));
        if (others >= floor) break;
        const std::string words = std::to_string(others) + " other nodes are ready, and " +
                                  std::to_string(floor) + " must stay";
        if (parts_.telemetry.clock.steady() - begun >= limits_.floor_wait) {
            co_return refuse(ErrorKind::conflict, "deploy.floor", "Only " + words + ".");
        }
        if (!is_told) co_await tell(context, "note", {{"text", "waits: only " + words}});
        doing_ = "waits: only " + words;
        is_told = true;
        ACME_TRY(interrupt());
        co_await sleep_for(look_again);
    }
    co_return done;
}

/// When nodes were left out on the way back, the last ones that serve are not risked too: a release
/// that one wants to leave is better than none.
Task<Result<>> Controller::keep_the_last(const Step& step) {
    if (left_out_.empty() || step.starts_first) co_return done;
    bool takes_the_last = false;
    for (const balancer::ServerNow& server : ACME_TRY(co_await parts_.balancer.servers())) {
        if (!server.is_proven || server.admin != balancer::Admin::ready) continue;
        if (std::ranges::find(step.nodes, server.node) == step.nodes.end()) co_return done;
        takes_the_last = true;
    }
    if (!takes_the_last) co_return done;
    co_return refuse(
        ErrorKind::conflict,
        "deploy.last_serving",
        step.nodes.front() + " is left as it is, for nothing else serves: with " + goal_.release +
            " these did not come back: " + joined(left_out_) + "."
    );
}

Task<> Controller::replace_one(
    trace::Context context,
    Facts facts,
    bool starts_first,
    Replacer& replacer,
    std::vector<Result<Replaced>>& all
) {
    starts_first = starts_first && facts.role == "serve";
    const bool may_stay = goal_.is_return || starts_first;
    const Fence fence = hold_->fence();
    const Interrupt interrupt = interrupter();
    if (may_stay && co_await replacer.is_there(context, facts)) {
        all.push_back(
            co_await while_here(replacer.readmit(context, fence, std::move(facts), interrupt))
        );
        co_return;
    }
    const auto how = starts_first ? &Replacer::replace_beside : &Replacer::replace;
    all.push_back(
        co_await while_here((replacer.*how)(context, fence, std::move(facts), {}, interrupt))
    );
}

/// On the way back a node that does not come is left out of the balancer, and the rest goes on.
Task<Result<std::string>> Controller::replace(trace::Context context, const Step& step) {
    ACME_TRY(co_await until_floor(context, step));
    ACME_TRY(co_await keep_the_last(step));
    ACME_TRY(co_await give_weight());
    Replacer replacer(
        parts_.driver, parts_.balancer, parts_.fetch, parts_.telemetry.clock, limits_
    );
    std::vector<Facts> wanted;
    for (const Instance& instance : ACME_TRY(co_await parts_.driver.instances())) {
        const Facts& facts = instance.facts;
        if (std::ranges::find(step.nodes, facts.node) == step.nodes.end()) continue;
        wanted.push_back(facts_for(facts, "stable"));
    }
    if (wanted.size() < step.nodes.size()) {
        co_return refuse(
            ErrorKind::conflict, "deploy.node_gone", "Not all of these are nodes any more."
        );
    }
    const Executor executor = co_await asio::this_coro::executor;
    TaskGroup batch(parts_.telemetry.log);
    std::vector<Result<Replaced>> all;
    for (Facts& facts : wanted) {
        batch.spawn(
            executor,
            "deploy.replace",
            replace_one(context, std::move(facts), step.starts_first, replacer, all)
        );
    }
    co_await batch.join();
    std::string evidence;
    std::optional<Error> failed;
    for (const Result<Replaced>& one : all) {
        if (!one) failed = one.error();
        if (one) cut_ += one->cut;
        evidence.append(evidence.empty() ? "" : "\n");
        evidence.append(one ? one->evidence() : one.error().message);
    }
    if (all.size() < step.nodes.size()) {
        co_return refuse(ErrorKind::conflict, "deploy.replace_broke", "A replacement broke off.");
    }
    if (!failed) co_return evidence;
    const bool is_left_out = goal_.is_return && failed->kind != ErrorKind::unavailable;
    if (!is_left_out || is_over()) co_return std::unexpected(*failed);
    ACME_TRY(co_await leave_out(context, step));
    co_return evidence;
}

Task<Result<>> Controller::leave_out(trace::Context context, const Step& step) {
    for (const std::string& name : step.nodes) {
        const NodeNow node = ACME_TRY(co_await node_of(context, name));
        const bool is_there =
            node.is_running && node.is_ready && node.takes_traffic && node.release == goal_.release;
        if (is_there || std::ranges::find(left_out_, name) != left_out_.end()) continue;
        ACME_TRY(interrupt());
        if (node.role == "serve") ACME_TRY(co_await maintain(name));
        left_out_.push_back(name);
    }
    co_return done;
}

/// All that leads to the node, which stays out of the balancer.
Task<Result<>> Controller::maintain(std::string node) {
    for (const balancer::ServerNow& server : ACME_TRY(co_await parts_.balancer.servers())) {
        if (server.node == node) ACME_TRY(co_await parts_.balancer.maintain(server.name));
    }
    co_return done;
}

/// Before anything is called done: every node has the release, and is ready.
Task<Result<>> Controller::until_everywhere(trace::Context context) {
    const SteadyTime begun = parts_.telemetry.clock.steady();
    while (!goal_.is_return) {
        std::vector<std::string> missing;
        for (const NodeNow& node :
             ACME_TRY(co_await nodes_now(parts_.driver, parts_.balancer, parts_.fetch, context))) {
            const bool is_there = node.release == goal_.release && node.is_running &&
                                  node.is_ready && node.takes_traffic && node.beside.empty();
            if (!is_there) missing.push_back(node.name);
        }
        if (missing.empty()) break;
        if (parts_.telemetry.clock.steady() - begun >= everywhere_max) {
            co_return refuse(
                ErrorKind::conflict,
                "deploy.not_everywhere",
                "Not ready with " + goal_.release + ": " + joined(missing) + "."
            );
        }
        ACME_TRY(interrupt());
        co_await sleep_for(look_again);
    }
    co_return done;
}

Task<Result<std::string>> Controller::balance(trace::Context context) {
    ACME_TRY(co_await until_everywhere(context));
    Replacer replacer(
        parts_.driver, parts_.balancer, parts_.fetch, parts_.telemetry.clock, limits_
    );
    for (const Instance& instance : ACME_TRY(co_await parts_.driver.instances())) {
        if (!instance.beside.empty()) continue;  // it was left out
        ACME_TRY(co_await replacer.sweep(instance.facts.node, instance.facts.address));
    }
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    if (std::ranges::none_of(servers, &balancer::ServerNow::is_proven)) {
        co_return refuse(
            ErrorKind::conflict, "deploy.no_node_ready", "The balancer finds no node ready."
        );
    }
    ACME_TRY(interrupt());
    ACME_TRY(co_await parts_.balancer.unstick());
    ACME_TRY(co_await parts_.balancer.set_weights(
        balancer::canary_weights(names_of(servers), std::nullopt)
    ));
    co_return std::to_string(servers.size()) + " nodes of the same weight";
}

/// What was left behind with another release keeps its facts: they say where to return to. So does
/// what says the same already, for the disk may be full.
Task<Result<>> Controller::label_all(std::string known_good) {
    for (const Instance& instance : ACME_TRY(co_await parts_.driver.instances())) {
        Facts facts = instance.facts;
        const bool is_so = facts.known_good == known_good && facts.track == "stable";
        if (facts.release != goal_.release || is_so) continue;
        facts.known_good = known_good;
        facts.deployment = order_.id.str();
        facts.track = "stable";
        ACME_TRY(co_await parts_.driver.label(hold_->fence(), std::move(facts)));
    }
    co_return done;
}

/// First beside the nodes, then in the database: who finds only the one makes the other (PIPE-11).
/// Of a return it is told with its end, which may be some nodes more away.
Task<Result<std::string>> Controller::record(trace::Context context) {
    ACME_TRY(co_await label_all(goal_.known_good));
    if (goal_.is_return)
        co_return "the nodes say that " + goal_.release + " is the current release";
    co_await tell_state(context, "succeeded");
    co_return goal_.release + " is the current release";
}

}  // namespace acme::deploy
