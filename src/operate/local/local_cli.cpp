#include "operate/local/local_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/haproxy/runtime.hpp"
#include "operate/local/files.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>

namespace acme::local {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds down_time_max{180};
constexpr milliseconds look_again{50};

class OptionReader {
public:
    explicit OptionReader(const cli::Call& call) : call_(call) {}

    template <class T>
    void read(std::string_view name, T& value, T least, T most) {
        if (!call_.has(name)) return;
        const auto number = parse_number<T>(call_.value(name));
        if (number && *number >= least && *number <= most) {
            value = *number;
            return;
        }
        const std::string range = std::to_string(least) + " to " + std::to_string(most);
        errors_.push_back({std::string(name), "local.option", "is a number, " + range});
    }

    Result<> done() && {
        if (errors_.empty()) return {};
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "local.option",
            .message = "These options are wrong.",
            .fields = std::move(errors_),
        });
    }

private:
    const cli::Call& call_;
    std::vector<FieldError> errors_;
};

Result<Options> options_of(const cli::Call& call) {
    Options options;
    OptionReader reader(call);
    reader.read("--app-nodes", options.app_nodes, 1, Options::app_nodes_max);
    reader.read("--workers", options.workers, 0, Options::workers_max);
    reader.read("--replicas", options.replicas, 0, Options::replicas_max);
    reader.read<std::uint16_t>("--port", options.port, 1, 65535);
    options.has_demo = call.has("--demo");
    if (const auto right = std::move(reader).done(); !right) return std::unexpected(right.error());
    return options;
}

/// Progress is for somebody who watches, also through a pipe.
Say say_to(const cli::Print& print) {
    return [&print](std::string_view line) {
        print(line);
        std::fflush(stdout);
    };
}

Surroundings with_home(const Surroundings& around, const cli::Call& call) {
    Surroundings own = around;
    own.home = std::filesystem::absolute(call.value("--home", around.home)).lexically_normal();
    return own;
}

Task<Result<>> up(const cli::Call& call, const Surroundings& around) {
    const Surroundings own = with_home(around, call);
    const Options options = ACME_TRY(options_of(call));
    Supervisor supervisor(own, options, say_to(call.print));
    co_return co_await supervisor.run();
}

Task<Result<>> down(const cli::Call& call, const Surroundings& around) {
    const Surroundings own = with_home(around, call);
    const Layout layout = make_layout(own.home, process::own_user());
    const auto note = read_file(layout.lock());
    if (!note || process::lock_file(layout.lock())) {
        call.print("Nothing runs with " + layout.home + ".");
        co_return done;
    }
    const auto pid = parse_number<pid_t>(*note);
    if (!pid || !process::signal_process(*pid, SIGTERM)) {
        co_return refuse(
            ErrorKind::forbidden, "local.not_ours", "Process " + *note + " takes no signal from us."
        );
    }
    const SteadyTime begun = around.clock.steady();
    while (!process::lock_file(layout.lock())) {
        if (around.clock.steady() - begun > down_time_max) {
            co_return refuse(
                ErrorKind::unavailable, "local.not_stopped", "Process " + *note + " still drains."
            );
        }
        co_await sleep_for(look_again);
    }
    call.print("Stopped.");
    co_return done;
}

Result<boost::json::object> running_state(const Layout& layout) {
    const auto text = read_file(layout.state());
    boost::system::error_code malformed;
    const auto state = text ? boost::json::parse(*text, malformed) : boost::json::value();
    if (text && !malformed && state.is_object() && !process::lock_file(layout.lock())) {
        return state.get_object();
    }
    return refuse(
        ErrorKind::not_found, "local.not_running", "Nothing runs with " + layout.home + ". ./dev up"
    );
}

Task<Result<>> status(const cli::Call& call, const Surroundings& around) {
    const Surroundings own = with_home(around, call);
    const Layout layout = make_layout(own.home, process::own_user());
    const boost::json::object state = ACME_TRY(running_state(layout));
    call.print(
        "Dashboard  " + dashboard_at(static_cast<std::uint16_t>(state.at("port").to_number<int>()))
    );
    call.print("Release    " + std::string(state.at("release").as_string()));
    haproxy::Runtime runtime(layout.run + "/haproxy.sock");
    for (const haproxy::ServerStat& server : co_await runtime.servers()) {
        std::string line = "  " + server.server;
        line.resize(std::max<std::size_t>(line.size() + 1, 15), ' ');
        line.append(server.status);
        if (!server.is_up()) line.append("  ").append(server.check);
        if (server.backend == balancer::app_backend) {
            line += "  " + std::to_string(server.requests) + " requests, " +
                    std::to_string(server.answers_5xx) + " failed";
        }
        call.print(line);
    }
    co_return done;
}

/// What `up` would write, with the addresses and the port that are free or in use now.
Task<Result<>> render(const cli::Call& call, const Surroundings& around) {
    const Surroundings own = with_home(around, call);
    const Layout layout = make_layout(own.home, process::own_user());
    if (running_state(layout)) {
        call.print(read_file(layout.balancer()).value_or(""));
        co_return done;
    }
    const Options options = ACME_TRY(options_of(call));
    const Found found = ACME_TRY(find_place(options, layout));
    const Plan plan = make_plan(options, layout, {}, {}, found.place, own.environment);
    call.print(ACME_TRY(balancer::render(plan.balancer)));
    co_return done;
}

const cli::Option home_option{"--home", "FOLDER", "where its data lie (ACME_HOME, .acme)"};

std::vector<cli::Option> up_options() {
    return {
        {"--app-nodes", "N", "nodes that serve (3)"},
        {"--workers", "N", "nodes that take jobs (2)"},
        {"--replicas", "N", "streaming replicas of PostgreSQL (0)"},
        {"--port", "PORT", "of the balancer; the next free one from there (8080)"},
        home_option,
    };
}

}  // namespace

std::string run_folder(std::string home) {
    const auto whole = std::filesystem::absolute(std::move(home)).lexically_normal();
    return make_layout(whole, process::own_user()).run;
}

void add_commands(cli::Commands& commands, Surroundings around) {
    if (around.program.empty()) around.program = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<cli::Option> up_all = up_options();
    up_all.push_back({"--demo", "", "with a few people and files, to look around"});
    commands.add({
        .name = "up",
        .options = std::move(up_all),
        .about = "Starts and watches everything on this machine, until Ctrl-C.",
        .example = "acme up --app-nodes 6",
        .run = [around](const cli::Call& call) { return up(call, around); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "down",
        .options = {home_option},
        .about = "Stops what `acme up` runs, and waits for it.",
        .run = [around](const cli::Call& call) { return down(call, around); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "status",
        .options = {home_option},
        .about = "Shows what `acme up` runs, as the balancer sees it.",
        .run = [around](const cli::Call& call) { return status(call, around); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "balancer render",
        .options = up_options(),
        .about = "Prints the balancer's configuration: the running one, or what `up` would use.",
        .run = [around](const cli::Call& call) { return render(call, around); },
        .needs_configuration = false,
    });
}

}  // namespace acme::local
