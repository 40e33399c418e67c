#pragma once

/// The fleet file (C-7): which machines there are, and what they are for. It configures commands
/// and the controller, never a node. Its shape stands in ops/fleet.example.toml.

#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::deploy {

inline constexpr std::size_t fleet_bytes_max = std::size_t{1024} * 1024;

struct Machine {
    std::string name;
    std::vector<std::string> roles;  // serve, worker, scheduler, balancer, bastion
    std::string engine = "";         // ssh://, tcp:// or unix://; "" where no release runs
    std::string address = "";        // private
    std::string region = "";
    std::string public_address = "";  // "" for none
    std::string environment = "";     // "": the only one
    int line = 0;

    bool has_role(std::string_view role) const;
};

struct FleetEnvironment {
    std::string name;
    std::string endpoint = "";  // where people reach it
    std::string canary = "";    // a machine; "": the last one that serves
    bool is_sticky = false;     // the canary's share is of users, not of requests
    int line = 0;
};

struct FleetDatabase {
    std::string primary;
    std::vector<std::string> replicas = {};
    bool is_managed = false;
    int line = 0;
};

struct Fleet {
    bool is_production = false;
    std::vector<FleetEnvironment> environments = {};
    std::vector<Machine> machines = {};
    std::optional<FleetDatabase> database = std::nullopt;
    std::map<std::string, std::string> maintenance = {};  // windows, as they are written
    std::map<std::string, std::string> people = {};       // where they are looked up

    /// Those of the role in the environment, in the order of the file.
    std::vector<const Machine*> of(std::string_view role, std::string_view environment) const;
};

/// One thing that is wrong with a fleet, or could be better.
struct Finding {
    bool is_failure = true;
    std::string id;          // "fleet.unknown_key", or of the requirements: "COMP-1"
    int line = 0;            // 0: of the whole
    std::string where = "";  // "machine.app-1.roles"; "" for the whole
    std::string text;        // what was expected
};

using Findings = std::vector<Finding>;

/// What the text says, without a look at what it means. All mistakes are told at once, but for one:
/// text that is no TOML is told of up to its first mistake (fleet.syntax), and nothing was read.
Fleet read_fleet(std::string_view toml, Findings& findings);

/// What the fleet means: names that name something, and what the guide asks of a fleet. In the
/// single profile the latter only warn: "not production grade" (C-1).
void check_fleet(const Fleet& fleet, Findings& findings);

/// How many fail.
std::size_t failures_in(const Findings& findings);

/// Errors: fleet.no_file (not_found).
Result<std::string> fleet_text(const std::string& path);

/// What the file asks for the environment, and nothing where there is no file. Errors:
/// fleet.invalid (invalid) with the first of what fails in it; fleet.unknown_environment (invalid);
/// fleet.no_file (not_found) for one that cannot be read.
Result<FleetEnvironment> asked_by_fleet(const std::string& path, const std::string& environment);

}  // namespace acme::deploy
