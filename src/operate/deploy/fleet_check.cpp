// What a fleet means, and what the guide asks of it.
#include "base/networks.hpp"
#include "operate/deploy/fleet.hpp"
#include "operate/deploy/fleet_values.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr std::size_t nodes_min = 3;          // COMP-1
constexpr std::size_t nodes_recommended = 6;  // COMP-4
constexpr std::size_t workers_min = 2;        // COMP-6
constexpr std::size_t balancers_good = 2;     // COMP-5
constexpr std::size_t replicas_min = 2;       // STOR-5
constexpr std::size_t sticky_nodes_min = 3;

class Checker {
public:
    Checker(const Fleet& fleet, Findings& findings) : fleet_(fleet), findings_(findings) {}

    void check() {
        check_environments();
        check_machines();
        check_addresses();
        check_database();
        for (const FleetEnvironment& environment : fleet_.environments) {
            check_canary(environment);
            check_numbers(environment);
        }
    }

private:
    void fail(std::string id, int line, std::string where, std::string text) {
        findings_.push_back(
            {.id = std::move(id), .line = line, .where = std::move(where), .text = std::move(text)}
        );
    }

    void warn(std::string id, int line, std::string where, std::string text) {
        fail(std::move(id), line, std::move(where), std::move(text));
        findings_.back().is_failure = false;
    }

    /// What the guide asks: in the single profile it is only said (C-1).
    void ask(std::string id, int line, std::string where, std::string text) {
        if (fleet_.is_production) {
            fail(std::move(id), line, std::move(where), std::move(text));
        } else {
            warn(std::move(id), line, std::move(where), text + "; not production grade");
        }
    }

    bool has_environment(std::string_view name) const {
        return std::ranges::count(fleet_.environments, name, &FleetEnvironment::name) > 0;
    }

    void check_environments() {
        if (fleet_.is_production && !fleet_.environments.empty() &&
            !has_environment("production")) {
            fail("fleet.missing", 0, "environment.production", "is missing");
        }
    }

    void check_machines() {
        for (const Machine& machine : fleet_.machines) {
            const std::string where = "machine." + machine.name;
            check_place(machine, where);
            if (!machine.address.empty() && !is_private(machine.address)) {
                ask("NET-1", machine.line, where + ".address", "must be a private address");
            }
            const bool is_outside = std::ranges::all_of(machine.roles, [](std::string_view role) {
                return role == "balancer" || role == "bastion";
            });
            if (!machine.public_address.empty() && !is_outside) {
                ask("NET-2",
                    machine.line,
                    where + ".public",
                    "only a balancer or a bastion may have a public address");
            }
            if (machine.has_role("scheduler") && machine.roles.size() > 1) {
                ask("COMP-7",
                    machine.line,
                    where + ".roles",
                    "the scheduler has a machine of its own");
            }
        }
    }

    void check_place(const Machine& machine, const std::string& where) {
        if (!machine.environment.empty() && !has_environment(machine.environment)) {
            fail(
                "fleet.unknown_environment",
                machine.line,
                where + ".environment",
                "is no environment of this file"
            );
        }
        if (machine.environment.empty() && fleet_.environments.size() > 1) {
            fail(
                "fleet.missing",
                machine.line,
                where + ".environment",
                "is missing: the file has more than one"
            );
        }
    }

    /// Text may differ where addresses do not: ::ffff:10.0.0.1 is 10.0.0.1.
    void check_addresses() {
        std::vector<std::pair<AddressBytes, std::string>> seen;
        const auto look = [&](const std::string& text, int line, const std::string& where) {
            const auto address = parse_address(text);
            if (!address) return;
            const auto known =
                std::ranges::find(seen, *address, [](auto& one) { return one.first; });
            if (known != seen.end()) {
                fail("fleet.duplicate_address", line, where, "is the address of " + known->second);
                return;
            }
            seen.emplace_back(*address, where);
        };
        for (const Machine& machine : fleet_.machines) {
            look(machine.address, machine.line, "machine." + machine.name + ".address");
            look(machine.public_address, machine.line, "machine." + machine.name + ".public");
        }
    }

    void check_database() {
        if (!fleet_.database) {
            ask("fleet.missing", 0, "database", "is missing");
            return;
        }
        const FleetDatabase& database = *fleet_.database;
        std::vector<std::string> hosts{database.primary};
        for (const std::string& replica : database.replicas) {
            if (std::ranges::count(hosts, replica) > 0) {
                fail(
                    "fleet.duplicate_address",
                    database.line,
                    "database.replicas",
                    replica + " is named twice"
                );
            }
            hosts.push_back(replica);
        }
        if (database.replicas.size() < replicas_min) {
            ask("STOR-5",
                database.line,
                "database.replicas",
                "production has two read replicas at least");
        }
    }

    void check_canary(const FleetEnvironment& environment) {
        const std::string where = "environment." + environment.name + ".canary";
        const auto serving = fleet_.of("serve", environment.name);
        if (environment.is_sticky && serving.size() < sticky_nodes_min) {
            warn(
                "fleet.canary",
                environment.line,
                where + ".sticky",
                "wants three machines that serve: with fewer, when the other one ends, most "
                "requests fail until the balancer has noticed"
            );
        }
        if (environment.canary.empty()) return;
        if (std::ranges::count(serving, environment.canary, &Machine::name) > 0) return;
        const bool is_machine =
            std::ranges::count(fleet_.machines, environment.canary, &Machine::name) > 0;
        fail(
            "fleet.canary",
            environment.line,
            where,
            is_machine ? "must be a machine that serves in this environment"
                       : "is no machine of this file"
        );
    }

    void check_numbers(const FleetEnvironment& environment) {
        const std::string where = "environment." + environment.name;
        const int line = environment.line;
        const std::size_t nodes = fleet_.of("serve", environment.name).size();
        const std::string has = "has " + std::to_string(nodes) + " machines that serve";
        if (nodes == 0) {
            fail("COMP-1", line, where, "has no machine that serves");
            return;
        }
        if (fleet_.is_production && environment.name != "production") return;
        if (nodes < nodes_min) {
            ask("COMP-1", line, where, has + ", and three is the minimum");
        } else if (nodes < nodes_recommended) {
            warn("COMP-4", line, where, has + ", below the recommended six");
        }
        if (fleet_.of("worker", environment.name).size() < workers_min) {
            ask("COMP-6", line, where, "has fewer than two workers");
        }
        if (fleet_.of("scheduler", environment.name).empty()) {
            ask("COMP-7", line, where, "has no scheduler");
        }
        const std::size_t balancers = fleet_.of("balancer", environment.name).size();
        if (balancers == 0) ask("COMP-5", line, where, "has no balancer");
        if (balancers > 0 && balancers < balancers_good) {
            warn("COMP-5", line, where, "has one balancer, and no other to take over");
        }
    }

    const Fleet& fleet_;
    Findings& findings_;
};

}  // namespace

bool Machine::has_role(std::string_view role) const { return std::ranges::count(roles, role) > 0; }

std::vector<const Machine*> Fleet::of(std::string_view role, std::string_view environment) const {
    std::vector<const Machine*> found;
    for (const Machine& machine : machines) {
        const bool is_there = machine.environment.empty() || machine.environment == environment;
        if (is_there && machine.has_role(role)) found.push_back(&machine);
    }
    return found;
}

void check_fleet(const Fleet& fleet, Findings& findings) { Checker(fleet, findings).check(); }

std::size_t failures_in(const Findings& findings) {
    return static_cast<std::size_t>(std::ranges::count(findings, true, &Finding::is_failure));
}

}  // namespace acme::deploy
