#pragma once

/// What shall run on this machine, and with which environment: a pure function of the options.

#include "base/result.hpp"
#include "io/process/child.hpp"
#include "operate/balancer/balancer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acme::local {

struct Options {
    int app_nodes = 3;
    int workers = 2;
    int replicas = 0;
    std::uint16_t port = 8080;  // of the balancer; the next free one from there
    bool has_demo = false;      // people and files to look at

    static constexpr int app_nodes_max = 64;
    static constexpr int workers_max = 64;
    static constexpr int replicas_max = 8;
};

/// In PostgreSQL: who owns the tables and migrates, and who the nodes are.
inline constexpr auto owner_role = "acme";
inline constexpr auto program_role = "acme_app";

inline constexpr int postgres_port = 5432;  // part of the socket's name; nothing listens on it

/// Where everything lies. All paths are absolute.
struct Layout {
    std::string home;
    std::string run;  // of sockets, which want a short path

    std::string postgres(int number = 0) const;  // 0 is the primary
    std::string redis() const { return home + "/redis"; }
    std::string objects() const { return home + "/objects"; }
    std::string logs() const { return home + "/logs"; }
    std::string secrets() const { return home + "/secrets"; }
    std::string releases() const { return home + "/releases"; }
    std::string nodes() const { return home + "/nodes"; }
    std::string lock() const { return home + "/up.lock"; }
    std::string state() const { return home + "/up.json"; }
    std::string environment() const { return home + "/environment"; }
    std::string balancer() const { return run + "/haproxy.cfg"; }
    std::string engine() const { return run + "/engine.sock"; }  // of EngineClient
    std::string fence() const { return home + "/fence.json"; }
};

/// The sockets lie in `home` when the path is short enough for a socket's address, else in a folder
/// under /tmp whose name follows from `home`.
Layout make_layout(std::string home, int user);

/// Made once, kept in Layout::secrets().
struct Keys {
    std::string secret_key;
    std::string redis_password;
};

/// The programs of the machine.
struct Tools {
    std::string postgres_bin;  // a folder
    std::string redis;
    std::string haproxy;
};

/// What was found free.
struct Place {
    int instance = 1;  // 1 to 254, the second number of every address: 127.<instance>.…
    std::uint16_t port = 8080;
};

/// A place where a role of a release runs.
struct Node {
    std::string name;     // "app-1"
    std::string role;     // "serve", "worker", "scheduler": how the binary is called
    std::string address;  // its own
    process::Environment environment;
    std::string spare_address = "";  // of a second program meanwhile; "" when it never has one

    /// The same where `own` is its address, which is one of the two; any other changes nothing.
    Node at(const std::string& own) const;
};

/// A part that is not ours and that we keep running.
struct Part {
    std::string name;  // "postgres", "redis", "balancer"
    process::Spec process;
    std::string ready_line;  // says so in its log; "" when it is asked another way
    int stop_signal = 15;
};

struct Plan {
    Part postgres;
    std::vector<Part> replicas;
    Part redis;
    Part haproxy;
    balancer::Settings balancer;
    std::vector<Node> nodes;           // in the order in which they are started
    process::Environment environment;  // of a command that shall reach all this
    std::string url;                   // for programs
    std::string dashboard;             // see dashboard_at()
};

/// Where people find it: browsers have passkeys for a name, not for a number.
std::string dashboard_at(std::uint16_t port);

/// `given` is the environment of this process: what a person may set is passed on to the nodes.
Plan make_plan(
    const Options& options,
    const Layout& layout,
    const Tools& tools,
    const Keys& keys,
    const Place& place,
    const process::Environment& given
);

/// The line that makes the dashboard reachable from the machine that a person sits at; "" when
/// that is this one. Source: environ(7) of OpenSSH, SSH_CONNECTION.
std::string tunnel_line(const process::Environment& given, std::uint16_t port);

/// One line for each variable, as NAME=value, for `./dev` to read.
std::string environment_text(const process::Environment& environment);

}  // namespace acme::local
