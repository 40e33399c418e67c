// The `acme deploy` commands that change nothing.
#include "io/loop/loop.hpp"
#include "operate/deploy/deploy_commands.hpp"
#include "operate/deploy/show.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr int history_shown = 20;

}  // namespace

Task<Result<>> DeployCommands::status(const cli::Call& call) {
    Ground ground = ACME_TRY(parts_.find_ground());
    const auto nodes =
        ACME_TRY(co_await nodes_now(*ground.driver, *ground.balancer, parts_.fetch, call.context));
    // A machine of an earlier release does not know the question.
    const Fence held = (co_await ground.driver->held()).value_or(Fence{});
    std::string away;
    auto running = co_await find_newest(call, away);
    std::erase_if(running, &Deployment::has_ended);
    if (call.has("--json")) {
        call.print(json::serialize(status_json(nodes, running, held)));
        co_return done;
    }
    for (const std::string& line : words_of(nodes)) call.print(line);
    for (const Deployment& deployment : running) call.print(words_of(deployment));
    if (running.empty()) call.print("No deployment runs.");
    if (!held.holder.empty()) call.print("The machines are held by " + held.holder + ".");
    if (!away.empty()) call.print(away);
    co_return done;
}

/// The newest first. Without a database by the files beside the nodes; then `away` says so.
Task<std::vector<Deployment>> DeployCommands::find_newest(
    const cli::Call& call, std::string& away
) {
    try {
        co_return co_await deployments_.list(call.context, parts_.environment, history_shown);
    } catch (const pg::Unreachable&) {
        away = "PostgreSQL does not answer: this is what machines, balancer and journal say.";
    }
    std::vector<Deployment> all;
    Journal journal(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry);
    for (Told& told : journal.told()) {
        if (told.deployment.environment != parts_.environment) continue;
        all.insert(all.begin(), std::move(told.deployment));
    }
    all.resize(std::min<std::size_t>(all.size(), history_shown));
    co_return all;
}

Task<Result<>> DeployCommands::history(const cli::Call& call) {
    std::string away;
    const auto all = co_await find_newest(call, away);
    if (call.has("--json")) {
        json::array list;
        for (const Deployment& deployment : all) list.push_back(to_json(deployment));
        call.print(json::serialize(list));
        co_return done;
    }
    if (all.empty()) call.print("Nothing was deployed yet: acme release add, acme deploy run.");
    for (const Deployment& deployment : all) call.print(words_of(deployment));
    if (!away.empty()) call.print(away);
    co_return done;
}

Task<Result<>> DeployCommands::watch(const cli::Call& call) {
    co_return co_await with_database(follow(call));
}

Task<Result<>> DeployCommands::follow(const cli::Call& call) {
    auto newest = co_await deployments_.list(call.context, parts_.environment, 1);
    if (newest.empty()) {
        call.print("Nothing was deployed yet.");
        co_return done;
    }
    const Listener show = listener_of(call);
    const DeploymentId id = newest.front().id;
    for (std::int64_t seen = 0;;) {
        // First: what is recorded until it has ended is then shown to the last word.
        const Deployment now = ACME_TRY(co_await deployments_.find(call.context, id));
        for (const Record& record : co_await deployments_.records(call.context, id, seen)) {
            show(record);
            seen = record.seq;
        }
        if (now.has_ended() || now.state == "succeeded") co_return done;
        co_await sleep_for(milliseconds(500));
    }
}

json::object DeployCommands::status_json(
    const std::vector<NodeNow>& nodes, const std::vector<Deployment>& running, const Fence& held
) {
    json::array list;
    for (const NodeNow& node : nodes) list.push_back(to_json(node));
    json::array deployments;
    for (const Deployment& deployment : running) deployments.push_back(to_json(deployment));
    return {
        {"nodes", std::move(list)},
        {"deployments", std::move(deployments)},
        {"held_by", held.holder},
        {"fence", held.number},
    };
}

}  // namespace acme::deploy
