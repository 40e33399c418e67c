// What another process needs to know in order to drive the balancer, and what the files say.
#include "base/text.hpp"
#include "io/process/files.hpp"
#include "operate/balancer/driver.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::balancer {
namespace {

namespace json = boost::json;

std::string note_file(const std::string& run_folder) { return run_folder + "/balancer.json"; }

json::array json_of(const std::vector<Server>& servers) {
    json::array list;
    for (const Server& server : servers) {
        list.push_back({
            {"name", server.name},
            {"address", server.address},
            {"port", server.port},
            {"weight", server.weight},
        });
    }
    return list;
}

std::vector<Server> servers_in(const json::value& list) {
    std::vector<Server> servers;
    for (const json::value& each : list.as_array()) {
        servers.push_back({
            .name = std::string(each.at("name").as_string()),
            .address = std::string(each.at("address").as_string()),
            .port = each.at("port").to_number<std::uint16_t>(),
            .weight = each.at("weight").to_number<int>(),
        });
    }
    return servers;
}

/// What a server line of ours says; nullopt for any other line.
std::optional<Server> server_in(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t begin = line.find_first_not_of(' '); begin != line.npos;) {
        const auto end = line.find(' ', begin);
        words.push_back(line.substr(begin, end - begin));
        begin = line.find_first_not_of(' ', end);
    }
    if (words.size() < 6 || words[0] != "server" || words[4] != "weight") return std::nullopt;
    const auto colon = words[2].rfind(':');
    if (colon == words[2].npos) return std::nullopt;
    return Server{
        .name = std::string(words[1]),
        .address = std::string(words[2].substr(0, colon)),
        .port = parse_number<std::uint16_t>(words[2].substr(colon + 1)).value_or(0),
        .weight = parse_number<int>(words[5]).value_or(-1),
        .is_disabled = words.back() == "disabled",
    };
}

/// The servers of the backend `app`, by name.
std::map<std::string, Server> servers_of(std::string_view config) {
    std::map<std::string, Server> servers;
    bool is_app = false;
    while (!config.empty()) {
        const auto end = std::min(config.find('\n'), config.size());
        const std::string_view line = config.substr(0, end);
        config.remove_prefix(std::min(end + 1, config.size()));
        if (line.starts_with("backend ")) is_app = line.substr(8) == app_backend;
        if (const auto server = server_in(line); is_app && server) {
            servers.emplace(server->name, *server);
        }
    }
    return servers;
}

Admin admin_of(const haproxy::ServerState& state) {
    if (state.is_in_maintenance()) return Admin::maintenance;
    return state.is_draining() ? Admin::drain : Admin::ready;
}

/// To whom users would be led after a restart.
bool is_led_to(std::string_view map, std::string_view server) {
    return map == std::string(canary_key).append(" ").append(server) + "\n";
}

/// Who would drain after a restart; only the state file can say that.
bool is_drained(const std::vector<haproxy::ServerState>& saved, std::string_view server) {
    return std::ranges::any_of(saved, [server](const haproxy::ServerState& state) {
        return state.backend == app_backend && state.server == server &&
               admin_of(state) == Admin::drain;
    });
}

void tell(
    std::vector<Drift>& drifts,
    const std::string& server,
    std::string what,
    std::string file,
    std::string runtime
) {
    if (file == runtime) return;
    drifts.push_back({server, std::move(what), std::move(file), std::move(runtime)});
}

}  // namespace

void write_note(
    const Settings& settings, const std::string& config_file, const std::string& haproxy_program
) {
    const json::object note{
        {"config_file", config_file},
        {"haproxy", haproxy_program},
        {"run_folder", settings.run_folder},
        {"address", settings.address},
        {"port", settings.port},
        {"connections_max", settings.connections_max},
        {"app", json_of(settings.app)},
        {"watched", json_of(settings.watched)},
    };
    process::write_private(note_file(settings.run_folder), json::serialize(note) + "\n");
}

Result<Balancer> Balancer::load(const std::string& run_folder) {
    const auto text = process::read_file(note_file(run_folder));
    const auto unusable = refuse(
        ErrorKind::not_found, "balancer.not_set_up", "No balancer was set up in " + run_folder + "."
    );
    if (!text) return unusable;
    try {
        const json::value note = json::parse(*text);
        Settings settings{
            .run_folder = std::string(note.at("run_folder").as_string()),
            .address = std::string(note.at("address").as_string()),
            .port = note.at("port").to_number<std::uint16_t>(),
            .app = servers_in(note.at("app")),
            .watched = servers_in(note.at("watched")),
            .connections_max = note.at("connections_max").to_number<int>(),
        };
        return Balancer(
            std::move(settings),
            std::string(note.at("config_file").as_string()),
            std::string(note.at("haproxy").as_string())
        );
    } catch (const std::exception&) {
        return unusable;  // written by another release, or not by us
    }
}

Task<std::vector<Drift>> Balancer::look_for_drift() {
    const States now = co_await states();
    const std::string map = process::read_file(settings_.map_file()).value_or("");
    auto written = servers_of(process::read_file(config_file_).value_or(""));
    const std::string kept = process::read_file(settings_.state_file()).value_or("");
    const States saved = kept.empty() ? States() : haproxy::parse_states(kept);
    std::vector<Drift> drifts;
    for (const haproxy::ServerState& state : now) {
        if (state.backend != app_backend) continue;
        const auto found = written.find(state.server);
        if (found == written.end()) {
            drifts.push_back({state.server, "presence", "absent", "present"});
            continue;
        }
        const Server& server = found->second;
        const Admin admin = server.is_disabled                ? Admin::maintenance
                            : is_drained(saved, state.server) ? Admin::drain
                                                              : Admin::ready;
        tell(
            drifts,
            state.server,
            "address",
            server.address + ":" + std::to_string(server.port),
            state.address + ":" + std::to_string(state.port)
        );
        tell(
            drifts,
            state.server,
            "weight",
            std::to_string(server.weight),
            std::to_string(state.weight)
        );
        const Admin runs = admin_of(state);
        tell(
            drifts,
            state.server,
            "admin",
            std::string(balancer::text(admin)),
            std::string(balancer::text(runs))
        );
        tell(
            drifts,
            state.server,
            "sticky",
            is_led_to(map, state.server) ? "yes" : "no",
            state.is_sticky ? "yes" : "no"
        );
        written.erase(found);
    }
    for (const auto& gone : written)
        drifts.push_back({gone.first, "presence", "present", "absent"});
    co_return drifts;
}

Task<Result<std::vector<Drift>>> Balancer::compare() {
    try {
        co_return co_await look_for_drift();
    } catch (const haproxy::Fault& fault) {
        co_return refuse(ErrorKind::unavailable, "balancer.unreachable", fault.what());
    }
}

}  // namespace acme::balancer
