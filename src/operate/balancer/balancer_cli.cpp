#include "operate/balancer/balancer_cli.hpp"

#include "base/text.hpp"
#include "io/cli/plan.hpp"
#include "operate/balancer/driver.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace acme::balancer {
namespace {

namespace json = boost::json;

const cli::Option json_option{"--json", "", "one JSON document"};
const cli::Option dry_option{"--dry-run", "", "shows the plan and changes nothing"};
const cli::Option home_option{"--home", "FOLDER", "of `acme up` (ACME_HOME, .acme)"};

constexpr std::chrono::milliseconds checks_expected{2'000};  // until a server is proven
constexpr std::chrono::milliseconds reload_expected{1'000};
constexpr ErrorCode moved = "balancer.plan_moved";

json::object json_of(const ServerNow& server) {
    return {
        {"name", server.name},
        {"address", server.address},
        {"port", server.port},
        {"admin", std::string(text(server.admin))},
        {"is_up", server.is_up},
        {"is_proven", server.is_proven},
        {"is_sticky", server.is_sticky},
        {"weight", server.weight},
        {"sessions", server.sessions},
        {"requests", server.requests},
        {"answers_4xx", server.answers_4xx},
        {"answers_5xx", server.answers_5xx},
        {"failures", server.failures},
        {"check", server.check},
    };
}

std::string line_of(const ServerNow& server, const std::vector<ServerNow>& all) {
    char line[320];
    std::snprintf(
        line,
        sizeof(line),
        "%-12s %-12s %-5s %6d %6.2f %% %8lld %10lld %8lld  %s:%d %s%s",
        server.name.c_str(),
        std::string(text(server.admin)).c_str(),
        server.is_up ? "up" : "down",
        server.weight,
        100 * share_of(server, all),
        static_cast<long long>(server.sessions),
        static_cast<long long>(server.requests),
        static_cast<long long>(server.answers_5xx + server.failures),
        server.address.c_str(),
        server.port,
        server.check.c_str(),
        server.is_sticky ? ", sticky: a twentieth of the users" : ""
    );
    return line;
}

Task<Result<>> show(const cli::Call& call, std::string folder) {
    Balancer balancer = ACME_TRY(Balancer::load(folder));
    const auto servers = ACME_TRY(co_await balancer.servers());
    if (call.has("--json")) {
        json::array list;
        for (const ServerNow& server : servers) list.push_back(json_of(server));
        call.print(json::serialize(json::object{{"servers", std::move(list)}}));
        co_return done;
    }
    call.print("server       state        check weight    share   active   requests   failed");
    for (const ServerNow& server : servers) call.print(line_of(server, servers));
    co_return done;
}

/// "app-1=19,app-2=2".
Result<std::map<std::string, int>> weights_in(std::string_view words) {
    std::map<std::string, int> weights;
    const auto wrong = refuse(
        ErrorKind::invalid, "balancer.malformed", "Weights look like app-1=19,app-2=2; 0 to 256."
    );
    while (!words.empty()) {
        const auto end = std::min(words.find(','), words.size());
        const std::string_view word = words.substr(0, end);
        words.remove_prefix(std::min(end + 1, words.size()));
        const auto equals = word.find('=');
        if (equals == word.npos || equals == 0) return wrong;
        const auto weight = parse_number<int>(word.substr(equals + 1));
        if (!weight || *weight < 0 || *weight > Server::weight_max) return wrong;
        weights[std::string(word.substr(0, equals))] = *weight;
    }
    if (weights.empty()) return wrong;
    return weights;
}

/// What one call would change, or did.
struct Change {
    std::string server;
    std::string what;
    std::string from;
    std::string to;

    std::string text() const { return server + ": " + what + " " + from + " -> " + to; }
};

json::array json_of(const std::vector<Change>& changes) {
    json::array list;
    for (const Change& each : changes) {
        list.push_back(
            {{"server", each.server}, {"what", each.what}, {"from", each.from}, {"to", each.to}}
        );
    }
    return list;
}

void tell(const cli::Call& call, const std::vector<Change>& changes) {
    if (call.has("--json")) {
        call.print(json::serialize(json::object{{"dry_run", false}, {"changes", json_of(changes)}})
        );
        return;
    }
    if (changes.empty()) call.print("Nothing changes.");
    for (const Change& each : changes) call.print(each.text());
}

void show_plan(
    const cli::Call& call, const cli::Plan& plan, const std::vector<Change>& changes = {}
) {
    if (!call.has("--json")) {
        for (const std::string& line : plan.words()) call.print(line);
        return;
    }
    json::object object = plan.json();
    object["dry_run"] = true;
    object["changes"] = json_of(changes);
    call.print(json::serialize(object));
}

/// What a plan is made from: where the servers are and who takes traffic, not what is counted.
std::string world_of(const std::vector<ServerNow>& servers) {
    std::string world;
    for (const ServerNow& server : servers) {
        world += server.name + " " + server.address + ":" + std::to_string(server.port) + " " +
                 std::string(text(server.admin)) + " " + std::to_string(server.weight) + "\n";
    }
    return world;
}

cli::Plan plan_of(const std::vector<Change>& changes, const std::vector<ServerNow>& servers) {
    cli::Plan plan{.steps = {}, .made_from = world_of(servers)};
    for (const Change& each : changes) {
        const bool is_weight = each.what == "weight";
        const bool is_checked_first = each.from == text(Admin::maintenance);
        plan.steps.push_back({
            .about = each.text(),
            .undo = is_weight ? "acme balancer weights " + each.server + "=" + each.from
                              : "acme balancer " + each.from + " " + each.server,
            .nodes = {node_of(each.server)},
            .expected = is_checked_first ? checks_expected : std::chrono::milliseconds(0),
        });
    }
    return plan;
}

Result<const ServerNow*> find(const std::vector<ServerNow>& servers, const std::string& name) {
    const auto found = std::ranges::find(servers, name, &ServerNow::name);
    if (found != servers.end()) return &*found;
    return refuse(
        ErrorKind::not_found, "balancer.unknown_server", "The balancer knows no " + name + "."
    );
}

Task<Result<>> set_weights(const cli::Call& call, std::string folder) {
    const auto weights = ACME_TRY(weights_in(call.operands[0]));
    Balancer balancer = ACME_TRY(Balancer::load(folder));
    const auto servers = ACME_TRY(co_await balancer.servers());
    std::vector<Change> changes;
    for (const auto& [name, weight] : weights) {
        const ServerNow* const server = ACME_TRY(find(servers, name));
        if (server->weight == weight) continue;
        changes.push_back({name, "weight", std::to_string(server->weight), std::to_string(weight)});
    }
    const cli::Plan plan = plan_of(changes, servers);
    if (call.has("--dry-run")) {
        show_plan(call, plan, changes);
        co_return done;
    }
    ACME_TRY(cli::expect(call, plan, moved));
    ACME_TRY(co_await balancer.set_weights(weights));
    tell(call, changes);
    co_return done;
}

Task<Result<>> move(const cli::Call& call, std::string folder, Admin admin) {
    Balancer balancer = ACME_TRY(Balancer::load(folder));
    const auto servers = ACME_TRY(co_await balancer.servers());
    const std::string name = call.operands[0];
    const ServerNow* const server = ACME_TRY(find(servers, name));
    std::vector<Change> changes;
    if (server->admin != admin) {
        changes.push_back(
            {name, "state", std::string(text(server->admin)), std::string(text(admin))}
        );
    }
    const cli::Plan plan = plan_of(changes, servers);
    if (call.has("--dry-run")) {
        show_plan(call, plan, changes);
        co_return done;
    }
    ACME_TRY(cli::expect(call, plan, moved));
    if (admin == Admin::ready) ACME_TRY(co_await balancer.ready(name));
    if (admin == Admin::drain) ACME_TRY(co_await balancer.drain(name));
    if (admin == Admin::maintenance) ACME_TRY(co_await balancer.maintain(name));
    tell(call, changes);
    co_return done;
}

/// A reload changes the files and nothing that runs.
cli::Plan plan_of_reload(const std::vector<Drift>& drifts, const std::vector<ServerNow>& servers) {
    cli::Plan plan{.steps = {}, .made_from = world_of(servers)};
    for (const Drift& drift : drifts) {
        plan.steps.push_back({
            .about = "writes " + drift.server + ": " + drift.what + " " + drift.runtime +
                     ", where the files say " + drift.file,
            .undo = "none: that is what runs",
            .nodes = {node_of(drift.server)},
            .expected = std::chrono::milliseconds(0),
        });
    }
    plan.steps.push_back({
        .about = "has HAProxy check what runs now, and reloads with it",
        .undo = "none: the worker before answers until the new one does, and nothing else changes",
        .nodes = {},
        .expected = reload_expected,
    });
    for (const ServerNow& server : servers) plan.steps.back().nodes.push_back(node_of(server.name));
    return plan;
}

Task<Result<>> reload(const cli::Call& call, std::string folder) {
    Balancer balancer = ACME_TRY(Balancer::load(folder));
    if (call.has("--dry-run") || call.has("--plan")) {
        const auto drifts = ACME_TRY(co_await balancer.compare());
        const auto servers = ACME_TRY(co_await balancer.servers());
        const cli::Plan plan = plan_of_reload(drifts, servers);
        if (call.has("--dry-run")) {
            show_plan(call, plan);
            co_return done;
        }
        ACME_TRY(cli::expect(call, plan, moved));
    }
    ACME_TRY(co_await balancer.reload());
    call.print(call.has("--json") ? R"({"reloaded":true})" : "Reloaded; nothing else changed.");
    co_return done;
}

Task<Result<>> look_for_drift(const cli::Call& call, std::string folder) {
    Balancer balancer = ACME_TRY(Balancer::load(folder));
    const auto drifts = ACME_TRY(co_await balancer.compare());
    json::array list;
    for (const Drift& drift : drifts) {
        if (!call.has("--json")) {
            call.print(
                drift.server + ": " + drift.what + " is " + drift.runtime + ", after a restart " +
                drift.file
            );
        }
        list.push_back(
            {{"server", drift.server},
             {"what", drift.what},
             {"file", drift.file},
             {"runtime", drift.runtime}}
        );
    }
    if (call.has("--json")) call.print(json::serialize(json::object{{"drift", std::move(list)}}));
    if (drifts.empty()) {
        if (!call.has("--json")) call.print("The files say what runs.");
        co_return done;
    }
    co_return refuse(
        ErrorKind::conflict,
        "balancer.drift",
        "A restart would change this. `acme balancer reload` writes what runs."
    );
}

}  // namespace

void add_commands(cli::Commands& commands, std::string home, RunFolder run_folder) {
    using Verb = Task<Result<>> (*)(const cli::Call&, std::string);
    const auto folder_of = [home, run_folder](const cli::Call& call) {
        return run_folder(call.value("--home", home));
    };
    const auto verb = [folder_of](Verb run) {
        return [folder_of, run](const cli::Call& call) { return run(call, folder_of(call)); };
    };
    const auto moves = [folder_of](Admin admin) {
        return [folder_of, admin](const cli::Call& call) {
            return move(call, folder_of(call), admin);
        };
    };
    const auto add = [&commands](cli::Command command, bool changes) {
        command.options = {json_option, home_option};
        if (changes) {
            command.options.push_back(dry_option);
            command.options.push_back(cli::plan_option);
        }
        command.needs_configuration = false;
        commands.add(std::move(command));
    };
    for (const char* const name : {"balancer show", "balancer status"}) {
        add({.name = name,
             .about = "Shows who takes how much of the traffic, and how their checks stand.",
             .example = "acme balancer show",
             .run = verb(show)},
            false);
    }
    add({.name = "balancer weights",
         .operands = {"WEIGHTS"},
         .about = "Gives servers weights, now and after a restart.",
         .example = "acme balancer weights app-1=19,app-2=19,app-3=2",
         .run = verb(set_weights)},
        true);
    add({.name = "balancer drain",
         .operands = {"SERVER"},
         .about = "Lets a server finish what it has, without new traffic.",
         .example = "acme balancer drain app-2",
         .run = moves(Admin::drain)},
        true);
    add({.name = "balancer ready",
         .operands = {"SERVER"},
         .about = "Gives a server traffic again, as soon as its checks succeed.",
         .example = "acme balancer ready app-2",
         .run = moves(Admin::ready)},
        true);
    add({.name = "balancer maintenance",
         .operands = {"SERVER"},
         .about = "Takes a server out and no longer checks it.",
         .example = "acme balancer maintenance app-2 --dry-run",
         .run = moves(Admin::maintenance)},
        true);
    for (const char* const name : {"balancer reload", "balancer apply"}) {
        add({.name = name,
             .about =
                 "Writes what runs, has HAProxy check it, and reloads without failing a request.",
             .example = "acme balancer apply --dry-run",
             .run = verb(reload)},
            true);
    }
    add({.name = "balancer check",
         .about = "Compares the files with what runs; exit 1 when a restart would change it.",
         .example = "acme balancer check",
         .run = verb(look_for_drift)},
        false);
}

}  // namespace acme::balancer
