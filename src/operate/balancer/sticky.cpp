// A server to which always the same users are led, and nobody else.
#include "operate/balancer/driver.hpp"

#include <algorithm>

namespace acme::balancer {
namespace {

using haproxy::ServerState;
using States = std::vector<ServerState>;

bool is_sticky(const ServerState& state) { return state.is_sticky; }

bool is_called(const ServerState& state, std::string_view name) {
    return state.backend == app_backend && state.server == name;
}

std::string weight_words(std::string_view server, int weight) {
    return "set server " + std::string(app_backend).append("/").append(server) + " weight " +
           std::to_string(weight);
}

bool is_in_rotation(const ServerNow& server) {
    return server.is_up && server.admin == Admin::ready;
}

}  // namespace

/// With what the map says of them.
Task<States> Balancer::states() {
    States states = co_await runtime_.states();
    const auto map = co_await runtime_.map(settings_.map_file());
    if (!map) co_return states;
    const auto found = map->find(canary_key);
    for (ServerState& state : states) {
        state.is_sticky = found != map->end() && is_called(state, found->second);
    }
    co_return states;
}

std::string Balancer::map_text(const States& now) const {
    const auto found = std::ranges::find_if(now, is_sticky);
    return found == now.end() ? "" : std::string(canary_key) + " " + found->server + "\n";
}

/// Around `words`, which take it out: first nobody is led there any more, so that none can be once
/// it is out; and in the end it weighs what it did not as long as it was sticky.
std::vector<std::string> Balancer::unstuck(
    const States& now, const ServerState& server, std::vector<std::string> words
) const {
    const auto all = std::ranges::count(now, app_backend, &ServerState::backend);
    const int weight = std::clamp(static_cast<int>(all) - 1, 1, Server::weight_max);
    words.insert(words.begin(), "clear map " + settings_.map_file());
    words.push_back(weight_words(server.server, weight));
    return words;
}

Task<Result<>> Balancer::stick_locked(std::string name) {
    if (!co_await runtime_.map(settings_.map_file())) {
        co_return refuse(
            ErrorKind::conflict,
            "balancer.no_map",
            "What HAProxy runs was written by a release that could not keep users at one server. "
            "acme balancer reload brings it up to date."
        );
    }
    const std::string file = settings_.map_file();
    const auto commands = [name, file](const States& now) -> Result<std::vector<std::string>> {
        const auto found = std::ranges::find_if(now, [&name](const ServerState& state) {
            return is_called(state, name);
        });
        if (found == now.end()) {
            return refuse(
                ErrorKind::not_found,
                "balancer.unknown_server",
                "The balancer knows no " + name + "."
            );
        }
        if (found->is_draining() || found->is_in_maintenance()) {
            return refuse(
                ErrorKind::conflict, "balancer.not_ready", name + " may have no traffic now."
            );
        }
        std::vector<std::string> words{weight_words(name, 0)};
        if (found->is_sticky) return words;
        words.push_back("clear map " + file);
        words.push_back("add map " + file + " " + canary_key + " " + name);
        return words;
    };
    const auto is_done = [name](const States& now) {
        return std::ranges::any_of(now, [&name](const ServerState& state) {
            return is_called(state, name) && state.is_sticky && state.weight == 0;
        });
    };
    co_return co_await change_locked(commands, is_done);
}

Task<Result<>> Balancer::stick(std::string name) { return locked(stick_locked(std::move(name))); }

Task<Result<>> Balancer::unstick() {
    const auto commands = [this](const States& now) -> Result<std::vector<std::string>> {
        const auto found = std::ranges::find_if(now, is_sticky);
        if (found == now.end()) return {};
        return unstuck(now, *found, {});
    };
    return change(commands, [](const States& now) { return std::ranges::none_of(now, is_sticky); });
}

double share_of(const ServerNow& server, const std::vector<ServerNow>& servers) {
    int weights = 0;
    bool is_led = false;
    for (const ServerNow& each : servers) {
        if (!is_in_rotation(each)) continue;
        weights += each.weight;
        is_led = is_led || each.is_sticky;
    }
    if (!is_in_rotation(server)) return 0;
    if (weights == 0) return server.is_sticky ? 1 : 0;
    const double rest = is_led ? 1 - sticky_share : 1;
    return (server.is_sticky ? sticky_share : 0) + rest * server.weight / weights;
}

}  // namespace acme::balancer
