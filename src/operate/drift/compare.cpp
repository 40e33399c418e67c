#include "operate/drift/compare.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/deploy/nodes_now.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace acme::drift {
namespace {

namespace json = boost::json;
using balancer::Admin;
using balancer::ServerNow;
using deploy::Instance;

bool serves(const Instance& instance) { return instance.facts.role == "serve"; }

std::string place_of(const std::string& address, std::uint16_t port) {
    return address + ":" + std::to_string(port);
}

/// Where the balancer shall find the node.
std::string place_of(const Instance& instance) {
    return place_of(instance.facts.address, deploy::service_port);
}

const ServerNow* find(const std::vector<ServerNow>& servers, const std::string& name) {
    const auto found = std::ranges::find(servers, name, &ServerNow::node);
    return found == servers.end() ? nullptr : &*found;
}

class Comparison {
public:
    explicit Comparison(const World& world)
        : world_(world), weight_(common_weight(world.servers)) {}

    std::vector<Deviation> make() {
        std::set<std::string> serving;
        for (const Instance& instance : world_.instances) {
            look_at_program(instance);
            if (!serves(instance)) continue;
            serving.insert(instance.facts.node);
            look_at_server(instance);
        }
        for (const ServerNow& server : world_.servers) {
            if (serving.contains(server.node)) continue;
            tell("presence", server.node, "no such node", "in the balancer");
        }
        for (const balancer::Drift& drift : world_.files) {
            tell(
                "file",
                drift.server,
                drift.what + " " + drift.runtime,
                drift.what + " " + drift.file
            );
        }
        std::ranges::sort(all_, {}, [](const Deviation& each) {
            return std::tie(each.where, each.what);
        });
        return std::move(all_);
    }

private:
    void tell(std::string what, std::string where, std::string recorded, std::string found) {
        if (recorded == found) return;
        all_.push_back({std::move(what), std::move(where), std::move(recorded), std::move(found)});
    }

    void look_at_program(const Instance& instance) {
        const std::string& node = instance.facts.node;
        if (!world_.release.empty()) {
            tell("release", node, world_.release, instance.facts.release);
        }
        tell("process", node, "running", instance.is_running ? "running" : "stopped");
        const auto said = world_.answers.find(node);
        if (said == world_.answers.end() || said->second.empty()) return;
        tell("answer", node, instance.facts.release, said->second);
    }

    void look_at_server(const Instance& instance) {
        const std::string& node = instance.facts.node;
        const ServerNow* const server = find(world_.servers, node);
        if (server == nullptr) return tell("presence", node, "in the balancer", "not there");
        tell("address", node, place_of(instance), place_of(server->address, server->port));
        tell("state", node, "ready", std::string(balancer::text(server->admin)));
        tell("weight", node, std::to_string(weight_), std::to_string(server->weight));
    }

    const World& world_;
    int weight_;
    std::vector<Deviation> all_;
};

class Repairer {
public:
    explicit Repairer(const World& world)
        : world_(world), all_(compare(world)), weight_(common_weight(world.servers)) {}

    Repair make() {
        for (const Deviation& each : of("address")) {
            const std::string place = place_of(instance(each.where));
            add(
                {.kind = ActionKind::address,
                 .node = each.where,
                 .about = "leads the balancer's " + each.where + " to " + place,
                 .address = instance(each.where).facts.address}
            );
        }
        for (const Deviation& each : of("presence")) present(each);
        for (const std::string& node : to_replace()) replace(node);
        for (const Deviation& each : of("state")) {
            if (is_replaced(each.where)) continue;  // which ends with it
            add(
                {.kind = ActionKind::ready,
                 .node = each.where,
                 .about = "gives " + each.where + " traffic again, as soon as its checks succeed"}
            );
        }
        for (const Deviation& each : of("weight")) {
            add(
                {.kind = ActionKind::weight,
                 .node = each.where,
                 .about = "gives " + each.where + " the weight " + std::to_string(weight_) +
                          " of the others",
                 .weight = weight_}
            );
        }
        // Every change of the balancer writes its files; only without one that is to be done.
        if (!of("file").empty() && repair_.actions.empty()) {
            add({.kind = ActionKind::write, .about = "writes the balancer's files from what runs"});
        }
        return std::move(repair_);
    }

private:
    void add(Action action) { repair_.actions.push_back(std::move(action)); }

    std::vector<Deviation> of(std::string_view what) const {
        std::vector<Deviation> some;
        std::ranges::copy_if(all_, std::back_inserter(some), [what](const Deviation& each) {
            return each.what == what;
        });
        return some;
    }

    const Instance& instance(const std::string& node) const {
        return *std::ranges::find(world_.instances, node, [](const Instance& each) {
            return each.facts.node;
        });
    }

    void present(const Deviation& each) {
        if (find(world_.servers, each.where) != nullptr) {
            return add(
                {.kind = ActionKind::remove,
                 .node = each.where,
                 .about = "takes " + each.where + " out of the balancer: there is no such node"}
            );
        }
        add(
            {.kind = ActionKind::add,
             .node = each.where,
             .about = "adds " + each.where + " to the balancer",
             .address = instance(each.where).facts.address,
             .weight = weight_}
        );
    }

    std::set<std::string> to_replace() const {
        std::set<std::string> nodes;
        for (const Deviation& each : all_) {
            const bool is_program =
                each.what == "release" || each.what == "process" || each.what == "answer";
            if (is_program) nodes.insert(each.where);
        }
        return nodes;
    }

    bool is_replaced(const std::string& node) const {
        return std::ranges::any_of(repair_.actions, [&node](const Action& action) {
            return action.kind == ActionKind::replace && action.node == node;
        });
    }

    void replace(const std::string& node) {
        if (!world_.has_release) {
            repair_.by_hand.push_back(
                node + ": release " + world_.release +
                " is not on the machines; bring it there with acme release add"
            );
            return;
        }
        const bool is_foreign = std::ranges::any_of(of("answer"), [&node](const Deviation& each) {
            return each.where == node;
        });
        if (is_foreign) {
            repair_.by_hand.push_back(
                node + ": another program answers at " + place_of(instance(node)) +
                "; end it first (ss -ltnp shows it), then repair again"
            );
            return;
        }
        add(
            {.kind = ActionKind::replace,
             .node = node,
             .about = "drains " + node + " and starts " + world_.release + " there"}
        );
    }

    const World& world_;
    std::vector<Deviation> all_;
    int weight_;
    Repair repair_;
};

std::string_view name_of(ActionKind kind) {
    switch (kind) {
        case ActionKind::address: return "address";
        case ActionKind::add: return "add";
        case ActionKind::remove: return "remove";
        case ActionKind::replace: return "replace";
        case ActionKind::ready: return "ready";
        case ActionKind::weight: return "weight";
        case ActionKind::write: return "write";
    }
    return "";
}

}  // namespace

std::string Deviation::text() const {
    return where + ": " + what + " is " + found + ", recorded is " + recorded;
}

int common_weight(const std::vector<ServerNow>& servers) {
    std::map<int, int> counts;
    for (const ServerNow& server : servers) {
        if (server.weight > 0) ++counts[server.weight];
    }
    if (counts.empty()) return balancer::stable_weight;
    return std::ranges::max_element(
               counts, {}, [](const auto& count) { return count.second; }
    )->first;
}

std::vector<Deviation> compare(const World& world) { return Comparison(world).make(); }

Repair repair_of(const World& world) { return Repairer(world).make(); }

json::object Repair::json() const {
    json::array steps;
    for (const Action& action : actions) {
        steps.push_back(json::object{
            {"kind", name_of(action.kind)}, {"node", action.node}, {"about", action.about}
        });
    }
    return {
        {"actions", std::move(steps)}, {"by_hand", json::array(by_hand.begin(), by_hand.end())}
    };
}

std::string Repair::digest() const {
    Sha256 digest;
    digest.add(json::serialize(json()));
    return "sha256:" + to_hex(digest.finish());
}

}  // namespace acme::drift
