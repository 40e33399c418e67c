// Servers that come and go while HAProxy runs.
#include "io/loop/loop.hpp"
#include "operate/balancer/driver.hpp"

#include <algorithm>

namespace acme::balancer {
namespace {

using haproxy::ServerState;
using std::chrono::milliseconds;
using States = std::vector<ServerState>;

constexpr milliseconds look_again{50};
constexpr milliseconds removal_time_max{5'000};  // of the connections that HAProxy keeps to it

bool is_there(const States& states, const std::string& server) {
    return std::ranges::any_of(states, [&server](const ServerState& state) {
        return state.backend == app_backend && state.server == server;
    });
}

std::string path_of(const std::string& server) { return std::string(app_backend) + "/" + server; }

/// What defaults() in balancer.cpp says of every server; a new one does not inherit it.
constexpr std::string_view checks = " check inter 1s fastinter 100ms downinter 200ms rise 2 fall 2";

std::unexpected<Error> not_taken(const std::string& name, const std::string& said) {
    return refuse(
        ErrorKind::unavailable, "balancer.not_taken", "HAProxy says of " + name + ": " + said
    );
}

}  // namespace

Task<Result<>> Balancer::add_locked(Server server) {
    const States before = co_await runtime_.states();
    if (is_there(before, server.name)) {
        co_return refuse(
            ErrorKind::conflict, "balancer.taken", "The balancer has " + server.name + " already."
        );
    }
    Settings settings = settings_of(before);
    settings.app.push_back(server);
    ACME_TRY(render(settings));  // which tells what is wrong with it
    const std::string path = path_of(server.name);
    const std::string said = co_await runtime_.ask(
        "add server " + path + " " + server.address + ":" + std::to_string(server.port) +
        std::string(checks) + " weight " + std::to_string(server.weight)
    );
    if (!is_there(co_await runtime_.states(), server.name)) {
        co_return not_taken(server.name, said);
    }
    // It begins in maintenance, and goes by way of drain: it proves itself before it gets anything.
    co_await runtime_.tell({
        "set server " + path + " state drain",
        "enable health " + path,
        "set server " + path + " health down",
        "set server " + path + " state ready",
    });
    co_return co_await write_files();
}

Task<Result<>> Balancer::add(
    std::string name, std::string address, std::uint16_t port, int weight
) {
    return locked(add_locked(
        {.name = std::move(name), .address = std::move(address), .port = port, .weight = weight}
    ));
}

/// HAProxy removes only what is in maintenance and has no connection, not even one that it keeps.
Task<Result<>> Balancer::remove_locked(std::string name) {
    const States before = co_await states();
    if (!is_there(before, name)) {
        co_return refuse(
            ErrorKind::not_found, "balancer.unknown_server", "The balancer knows no " + name + "."
        );
    }
    if (std::ranges::count(before, app_backend, &ServerState::backend) == 1) {
        co_return refuse(
            ErrorKind::conflict, "balancer.last_server", name + " is the only server there is."
        );
    }
    std::vector<std::string> words{
        "set server " + path_of(name) + " state maint",
        "shutdown sessions server " + path_of(name),
    };
    const auto sticky = std::ranges::find(before, true, &ServerState::is_sticky);
    const bool is_own = sticky != before.end() && sticky->server == name;
    if (is_own) words = unstuck(before, *sticky, std::move(words));
    co_await runtime_.tell(std::move(words));
    std::string said;
    for (milliseconds waited{0}; waited < removal_time_max; waited += look_again) {
        said = co_await runtime_.ask("del server " + path_of(name));
        if (!is_there(co_await runtime_.states(), name)) co_return co_await write_files();
        co_await sleep_for(look_again);
    }
    co_return not_taken(name, said);
}

Task<Result<>> Balancer::remove(std::string name) { return locked(remove_locked(std::move(name))); }

Task<Result<>> Balancer::write() { return locked(write_files()); }

}  // namespace acme::balancer
