#pragma once

/// HAProxy's configuration, from the nodes it shall lead to.
///
/// Source: HAProxy 2.6 configuration manual.

#include "base/result.hpp"
#include "base/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace acme::balancer {

struct Server {
    std::string name;     // "app-1": letters, digits, '-', '_', '.'; at most name_bytes_max
    std::string address;  // of a node, IPv4
    std::uint16_t port = 8080;
    int weight = 1;            // 0 to 256; 0 takes no new traffic
    bool is_disabled = false;  // in maintenance

    static constexpr std::size_t name_bytes_max = 64;
    static constexpr int weight_max = 256;
};

struct Settings {
    std::string run_folder;  // of the stats socket and the state file; absolute
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::vector<Server> app;      // take the traffic
    std::vector<Server> watched;  // are asked for /readyz like the others, and get none
    int connections_max = 4'000;

    std::string socket() const { return run_folder + "/haproxy.sock"; }
    std::string state_file() const { return run_folder + "/haproxy.state"; }
    std::string map_file() const { return run_folder + "/canary.map"; }
};

/// The names of the backends, as `show stat` tells them.
inline constexpr const char* app_backend = "app";
inline constexpr const char* watched_backend = "watched";

/// Of the map file: the server to which one of twenty users is led, and nobody else (PIPE-6). The
/// file is there always, and empty as a rule.
inline constexpr const char* canary_key = "canary";

/// Errors: balancer.malformed (invalid), with one field for each thing that is wrong.
Result<std::string> render(const Settings& settings);

/// Has HAProxy check the file without using it; the map file must be there. `haproxy` is the whole
/// path of the program. Errors: balancer.refused (invalid), with what HAProxy said;
/// balancer.no_answer (unavailable).
Task<Result<>> check(std::string haproxy, std::string file);

}  // namespace acme::balancer
