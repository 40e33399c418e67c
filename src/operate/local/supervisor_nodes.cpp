// The nodes of the Supervisor: which release each one starts, and when it is there.
#include "io/haproxy/runtime.hpp"
#include "operate/balancer/driver.hpp"
#include "operate/local/engine_answer.hpp"
#include "operate/local/files.hpp"
#include "operate/local/supervisor.hpp"

namespace acme::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds nodes_ready_max{30};
constexpr seconds put_back_grace{5};
constexpr milliseconds look_again{50};

}  // namespace

Result<> Supervisor::choose() {
    auto unpacked = releases_.unpack(around_.program, value_of("ACME_RELEASE"));
    if (!unpacked) return std::unexpected(std::move(unpacked).error());
    program_ = unpacked->release;
    Situation situation{
        .nodes = {},
        .facts = {},
        .program = program_.id,
        .is_new = unpacked->is_new,
        .is_there = [this](const std::string& id) { return releases_.find(id).has_value(); },
        .environment = value_of("ACME_ENVIRONMENT"),
    };
    for (const Node& node : plan_.nodes) {
        situation.nodes.push_back(node.name);
        if (auto facts = driver_.facts(node.name)) situation.facts[node.name] = *std::move(facts);
    }
    choice_ = choose_releases(situation);
    if (choice_.release != program_.id) {
        say_(
            "Release " + program_.id +
            " was here before; what was deployed since is started: " + choice_.release + "."
        );
    }
    return {};
}

Task<Result<>> Supervisor::start_nodes(const Tools& tools) {
    const Executor executor = co_await asio::this_coro::executor;
    const std::string text = ACME_TRY(balancer::render(plan_.balancer));
    write_private(layout_.balancer(), text);
    write_private(plan_.balancer.state_file(), "");  // states of an earlier life say nothing
    write_private(plan_.balancer.map_file(), "");
    ACME_TRY(co_await balancer::check(tools.haproxy, layout_.balancer()));
    balancer::write_note(plan_.balancer, layout_.balancer(), tools.haproxy);
    for (const Node& node : plan_.nodes) {
        ACME_TRY(co_await start_node(node, choice_.starts.at(node.name)));
    }
    const Keeper& haproxy = keep(plan_.haproxy, executor);
    ACME_TRY(co_await until_ready(haproxy, nodes_ready_max));
    Missing missing;
    for (const Node& node : plan_.nodes) missing.emplace(node.name, &node);
    const Result<> first = co_await until_in_rotation(missing);
    if (first || told_.is_set()) co_return first;
    if (!co_await put_back(missing)) co_return first;
    co_return co_await until_in_rotation(missing);
}

Task<Result<>> Supervisor::start_node(const Node& node, deploy::Facts facts) {
    const auto release = facts.release == program_.id ? program_ : releases_.find(facts.release);
    if (!release) {
        co_return refuse(
            ErrorKind::not_found,
            "engine.release_missing",
            "Release " + facts.release + " is not on this machine."
        );
    }
    co_return co_await driver_.start(node, *release, std::move(facts));
}

/// A release that does not start, and died with everything in the midst of its deployment, must not
/// keep all from coming up. An error when there is nothing to go back to.
Task<Result<>> Supervisor::put_back(Missing& missing) {
    for (const auto& [name, node] : missing) {
        deploy::Facts facts = choice_.starts.at(name);
        if (facts.known_good == facts.release || !releases_.find(facts.known_good)) {
            co_return refuse(ErrorKind::conflict, "local.not_ready", "Nothing to go back to.");
        }
    }
    for (const auto& [name, node] : missing) {
        deploy::Facts facts = choice_.starts.at(name);
        say_(name + " does not get ready with " + facts.release + "; back to " + facts.known_good);
        facts.release = facts.known_good;
        facts.deployment = "up";
        co_await driver_.stop(name, put_back_grace, hurry_);
        ACME_TRY(co_await start_node(*node, std::move(facts)));
    }
    co_return done;
}

/// The balancer asks every node, also those that take no traffic from it; so we ask the balancer.
Task<Result<>> Supervisor::until_in_rotation(Missing& missing) {
    const SteadyTime begun = around_.clock.steady();
    haproxy::Runtime runtime(plan_.balancer.socket());
    while (!missing.empty()) {
        for (const haproxy::ServerStat& stat : co_await runtime.servers()) {
            const auto found = missing.find(stat.server);
            if (found == missing.end() || !stat.is_proven()) continue;
            tell(stat.server, "ready in " + seconds_since(begun) + "   " + found->second->address);
            missing.erase(found);
        }
        if (missing.empty()) break;
        if (told_.is_set()) co_return refuse(ErrorKind::unavailable, "local.told", "Stopped.");
        if (around_.clock.steady() - begun > nodes_ready_max) {
            const Keeper* const first = driver_.find(missing.begin()->first);
            co_return refuse(
                ErrorKind::unavailable,
                "local.not_ready",
                first->name() + " is not ready after " + std::to_string(nodes_ready_max.count()) +
                    " s. It last said: " + first->last_line()
            );
        }
        co_await told_.wait_for(look_again);
    }
    co_return done;
}

/// A program of which all this is the release is good by birth: there is nothing to return to.
void Supervisor::keep_releases() {
    if (choice_.is_release_of_program && !releases_.mark_good(program_.id)) {
        releases_.record(program_, true);
    }
    auto named = releases_in_use(layout_.nodes());
    named.insert(program_.id);
    releases_.remove_old(named);
}

Task<> Supervisor::open_engine() {
    const Executor executor = co_await asio::this_coro::executor;
    door_ = std::make_unique<socket::LineServer>(executor, log_, layout_.engine());
    tasks_.spawn(executor, "engine", door_->run([this](std::string line) {
        return answer(*engine_, std::move(line));
    }));
}

}  // namespace acme::local
