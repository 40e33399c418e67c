#include "operate/balancer/driver.hpp"

#include "base/text.hpp"
#include "io/process/files.hpp"
#include "io/process/machine.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <system_error>

namespace acme::balancer {
namespace {

using haproxy::ServerState;
using std::chrono::milliseconds;
using States = std::vector<ServerState>;

constexpr milliseconds look_again{20};
constexpr milliseconds signal_again{1'000};

Admin admin_of(const ServerState& state) {
    if (state.is_in_maintenance()) return Admin::maintenance;
    return state.is_draining() ? Admin::drain : Admin::ready;
}

const ServerState* find(const States& states, std::string_view server) {
    const auto found = std::ranges::find_if(states, [server](const ServerState& state) {
        return state.backend == app_backend && state.server == server;
    });
    return found == states.end() ? nullptr : &*found;
}

std::string path_of(std::string_view server) {
    return std::string(app_backend).append("/").append(server);
}

std::unexpected<Error> unknown(const std::string& server) {
    return refuse(
        ErrorKind::not_found, "balancer.unknown_server", "The balancer knows no " + server + "."
    );
}

/// What a reload must not change.
bool is_same(const States& before, const States& after) {
    return std::ranges::equal(before, after, [](const ServerState& a, const ServerState& b) {
        return a.backend == b.backend && a.server == b.server && a.address == b.address &&
               a.port == b.port && a.weight == b.weight && admin_of(a) == admin_of(b) &&
               a.is_sticky == b.is_sticky;
    });
}

/// In maintenance nobody is checked, and HAProxy takes who leaves it for healthy. So it goes by
/// way of drain, in which it gets nothing, and is taken for down there until checks succeed.
std::vector<std::string> words_for(std::string_view server, Admin from, Admin to) {
    const std::string set = "set server " + path_of(server);
    std::vector<std::string> words;
    if (from == to) return words;
    if (to == Admin::maintenance) return {set + " state maint"};
    if (from == Admin::maintenance) words = {set + " state drain", set + " health down"};
    if (from == Admin::ready) words = {set + " state drain"};
    // Whoever added it may have died before it was checked at all.
    if (to == Admin::ready) words.push_back("enable health " + path_of(server));
    if (to == Admin::ready) words.push_back(set + " state ready");
    return words;
}

/// The parent of HAProxy's worker, if it is HAProxy's master; 0 otherwise.
pid_t master_of(pid_t worker) {
    const std::string folder = "/proc/" + std::to_string(worker);
    const std::string status = process::read_file(folder + "/status").value_or("");
    const auto at = status.find("PPid:\t");
    if (at == status.npos) return 0;
    const auto digits = std::string_view(status).substr(at + 6);
    const pid_t parent = parse_number<pid_t>(digits.substr(0, digits.find('\n'))).value_or(0);
    std::error_code unreadable;
    const auto own = std::filesystem::read_symlink(folder + "/exe", unreadable);
    if (unreadable) return 0;
    const auto above =
        std::filesystem::read_symlink("/proc/" + std::to_string(parent) + "/exe", unreadable);
    return !unreadable && own == above ? parent : 0;
}

template <class T>
Task<Result<T>> guarded(Task<T> work) {
    try {
        co_return co_await std::move(work);
    } catch (const haproxy::Fault& fault) {
        co_return refuse(ErrorKind::unavailable, "balancer.unreachable", fault.what());
    }
}

}  // namespace

std::string_view text(Admin admin) {
    switch (admin) {
        case Admin::ready: return "ready";
        case Admin::drain: return "drain";
        case Admin::maintenance: return "maintenance";
    }
    return "";
}

std::string node_of(std::string_view server) {
    if (server.ends_with(second_suffix)) server.remove_suffix(second_suffix.size());
    return std::string(server);
}

const ServerNow* server_of(
    const std::vector<ServerNow>& servers, std::string_view node, std::string_view address
) {
    const ServerNow* found = nullptr;
    for (const ServerNow& server : servers) {
        if (server.node != node) continue;
        if (server.address == address) return &server;
        found = &server;
    }
    return found;
}

Balancer::Balancer(Settings settings, std::string config_file, std::string haproxy_program)
    : settings_(std::move(settings)),
      config_file_(std::move(config_file)),
      haproxy_(std::move(haproxy_program)),
      runtime_(settings_.socket()) {}

Task<std::vector<ServerNow>> Balancer::look() {
    const States states = co_await this->states();
    const std::vector<haproxy::ServerStat> stats = co_await runtime_.servers();
    std::vector<ServerNow> servers;
    for (const haproxy::ServerStat& stat : stats) {
        const ServerState* const state = find(states, stat.server);
        if (stat.backend != app_backend || state == nullptr) continue;
        const bool is_up = state->is_up && !state->is_in_maintenance();
        servers.push_back({
            .name = stat.server,
            .node = node_of(stat.server),
            .address = state->address,
            .port = state->port,
            .admin = admin_of(*state),
            .is_up = is_up,
            .is_proven = is_up && stat.check == "L7OK",
            .is_sticky = state->is_sticky,
            .weight = state->weight,
            .sessions = stat.sessions,
            .requests = stat.requests,
            .answers_4xx = stat.answers_4xx,
            .answers_5xx = stat.answers_5xx,
            .failures = stat.failures(),
            .check = stat.check,
        });
    }
    co_return servers;
}

Task<Result<std::vector<ServerNow>>> Balancer::servers() { return guarded(look()); }

/// As it was given, with the servers as they are now.
Settings Balancer::settings_of(const States& states) const {
    Settings settings = settings_;
    settings.app.clear();
    settings.watched.clear();
    for (const ServerState& state : states) {
        auto& list = state.backend == app_backend ? settings.app : settings.watched;
        if (&list == &settings.watched && state.backend != watched_backend) continue;
        list.push_back({
            .name = state.server,
            .address = state.address,
            .port = state.port,
            .weight = state.weight,
            .is_disabled = state.is_in_maintenance(),
        });
    }
    return settings;
}

/// The configuration first: without it the state file's weights would be those of nobody.
Task<Result<>> Balancer::write_files() {
    const std::string state = co_await runtime_.state();
    process::write_private(settings_.map_file(), map_text(co_await states()));
    const std::string text = ACME_TRY(render(settings_of(haproxy::parse_states(state))));
    if (text != process::read_file(config_file_)) {
        const std::string next = config_file_ + ".next";
        process::write_private(next, text);
        ACME_TRY(co_await check(haproxy_, next));
        std::filesystem::rename(next, config_file_);
    }
    process::write_private(settings_.state_file(), state);
    co_return done;
}

/// Every change may be made again, and then writes what was not written: a full disk may pass.
Task<Result<>> Balancer::locked(Task<Result<>> work) {
    try {
        const process::Hold lock = ACME_TRY(co_await lock_in_time());
        co_return co_await std::move(work);
    } catch (const haproxy::Fault& fault) {
        co_return refuse(ErrorKind::unavailable, "balancer.unreachable", fault.what());
    } catch (const std::system_error& fault) {
        co_return refuse(
            ErrorKind::unavailable,
            "balancer.not_written",
            std::string("The balancer's files cannot be written: ") + fault.what()
        );
    }
}

Task<Result<process::Hold>> Balancer::lock_in_time() {
    for (milliseconds waited{0}; waited < lock_time_max; waited += look_again) {
        auto lock = process::lock_file(settings_.run_folder + "/balancer.lock");
        if (lock) co_return *std::move(lock);
        co_await sleep_for(look_again);
    }
    co_return refuse(
        ErrorKind::unavailable, "balancer.busy", "Somebody else changes the balancer."
    );
}

Task<Result<>> Balancer::change_locked(
    Commands commands, std::function<bool(const States&)> is_done
) {
    const States before = co_await states();
    const std::vector<std::string> words = ACME_TRY(commands(before));
    if (!words.empty()) co_await runtime_.tell(words);
    const States after = co_await states();
    if (!is_done(after)) {
        co_return refuse(
            ErrorKind::unavailable,
            "balancer.not_taken",
            "HAProxy said nothing against it, and does not show it."
        );
    }
    co_return co_await write_files();
}

Task<Result<>> Balancer::change(Commands commands, std::function<bool(const States&)> is_done) {
    return locked(change_locked(std::move(commands), std::move(is_done)));
}

Task<Result<>> Balancer::set_weights(std::map<std::string, int> weights) {
    const auto commands = [weights](const States& now) -> Result<std::vector<std::string>> {
        std::vector<std::string> words;
        std::vector<FieldError> wrong;
        for (const auto& [server, weight] : weights) {
            if (find(now, server) == nullptr) return unknown(server);
            if (weight < 0 || weight > Server::weight_max) {
                wrong.push_back({"/" + server, "balancer.malformed", "0 to 256"});
            }
            words.push_back("set server " + path_of(server) + " weight " + std::to_string(weight));
        }
        if (wrong.empty()) return words;
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "balancer.malformed",
            .message = "These weights are wrong.",
            .fields = std::move(wrong),
        });
    };
    const auto is_done = [weights](const States& now) {
        return std::ranges::all_of(weights, [&now](const auto& each) {
            const ServerState* const state = find(now, each.first);
            return state != nullptr && state->weight == each.second;
        });
    };
    return change(commands, is_done);
}

Task<Result<>> Balancer::move_to(std::string name, Admin admin) {
    const auto commands = [this, name, admin](const States& now
                          ) -> Result<std::vector<std::string>> {
        const ServerState* const state = find(now, name);
        if (state == nullptr) return unknown(name);
        auto words = words_for(name, admin_of(*state), admin);
        // HAProxy leads users also to what is drained.
        const bool is_left = state->is_sticky && admin != Admin::ready;
        return is_left ? unstuck(now, *state, std::move(words)) : words;
    };
    const auto is_done = [name, admin](const States& now) {
        const ServerState* const state = find(now, name);
        const bool may_be_sticky = admin == Admin::ready;
        return state != nullptr && admin_of(*state) == admin &&
               (may_be_sticky || !state->is_sticky);
    };
    return change(commands, is_done);
}

Task<Result<>> Balancer::drain(std::string name) { return move_to(std::move(name), Admin::drain); }
Task<Result<>> Balancer::ready(std::string name) { return move_to(std::move(name), Admin::ready); }
Task<Result<>> Balancer::maintain(std::string name) {
    return move_to(std::move(name), Admin::maintenance);
}

Task<Result<>> Balancer::set_address(std::string name, std::string address, std::uint16_t port) {
    const auto commands = [=](const States& now) -> Result<std::vector<std::string>> {
        const ServerState* const state = find(now, name);
        if (state == nullptr) return unknown(name);
        if (address.empty() || address.find_first_not_of("0123456789.") != address.npos ||
            port == 0) {
            return refuse(
                ErrorKind::invalid, "balancer.malformed", "An IPv4 address and a port are wanted."
            );
        }
        if (state->address == address && state->port == port) return {};
        const std::string set = "set server " + path_of(name);
        return std::vector<std::string>{
            set + " addr " + address + " port " + std::to_string(port), set + " health down"
        };
    };
    const auto is_done = [=](const States& now) {
        const ServerState* const state = find(now, name);
        return state != nullptr && state->address == address && state->port == port;
    };
    return change(commands, is_done);
}

Task<Result<>> Balancer::cut(std::string name) {
    const auto commands = [name](const States& now) -> Result<std::vector<std::string>> {
        if (find(now, name) == nullptr) return unknown(name);
        return std::vector<std::string>{"shutdown sessions server " + path_of(name)};
    };
    return change(commands, [](const States&) { return true; });
}

Task<Result<>> Balancer::reload_locked() {
    const States before = co_await states();
    const int worker = co_await runtime_.worker();
    const pid_t master = master_of(worker);
    if (master == 0) {
        co_return refuse(
            ErrorKind::conflict,
            "balancer.no_master",
            "HAProxy runs without a master process of this machine, so nobody can reload it."
        );
    }
    ACME_TRY(co_await write_files());
    // A master that has only just come back from the reload before misses the signal.
    for (milliseconds waited{0}; waited < reload_time_max; waited += look_again) {
        if (waited % signal_again == milliseconds(0) && !process::signal_process(master, SIGUSR2)) {
            break;
        }
        co_await sleep_for(look_again);
        const auto now = co_await guarded(runtime_.worker());
        if (!now || *now == worker) continue;
        const auto after = co_await guarded(states());
        if (after && is_same(before, *after)) co_return done;
    }
    co_return refuse(
        ErrorKind::unavailable,
        "balancer.not_reloaded",
        "HAProxy was told to reload, and the new worker does not answer with what the old one had."
    );
}

Task<Result<>> Balancer::reload() { return locked(reload_locked()); }

std::map<std::string, int> canary_weights(
    const std::vector<std::string>& stable, const std::optional<std::string>& canary
) {
    std::map<std::string, int> weights;
    for (const std::string& name : stable) weights[name] = stable_weight;
    if (canary) weights[*canary] = stable.empty() ? stable_weight : static_cast<int>(stable.size());
    return weights;
}

}  // namespace acme::balancer
