#include "app/roles.hpp"

#include "app/role.hpp"
#include "io/cli/commands.hpp"
#include "io/telemetry/stray_output.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace acme::app {
namespace {

using std::chrono::milliseconds;

/// Signals go to the one thread that waits for them; no handler ever runs.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a peer that left is an error code, not the end of us
    return signals;
}

std::unique_ptr<Role> make_role(RoleName role, Platform& platform, std::size_t index) {
    switch (role) {
        case RoleName::serve: return make_serve(platform, index);
        case RoleName::worker: return make_worker(platform, index);
        case RoleName::scheduler: return make_scheduler(platform, index);
    }
    return nullptr;
}

/// Only nodes that serve have something to do for a second thread: a worker's jobs share one loop,
/// and of a scheduler one leads.
std::size_t threads_of(RoleName role, const Config& config) {
    return role == RoleName::serve ? static_cast<std::size_t>(config.threads) : 1;
}

}  // namespace

std::optional<RoleName> role_of(std::string_view word) {
    for (const RoleName role : {RoleName::serve, RoleName::worker, RoleName::scheduler}) {
        if (word == name_of(role)) return role;
    }
    return std::nullopt;
}

std::string_view name_of(RoleName role) {
    switch (role) {
        case RoleName::serve: return "serve";
        case RoleName::worker: return "worker";
        case RoleName::scheduler: return "scheduler";
    }
    return "serve";
}

int run_role(RoleName role, const Config& config) {
    sigset_t signals = block_signals();
    Metrics metrics;
    const SystemClock clock;
    flag_feed::Ground flags(metrics, clock, config.enable_feature_flags, config.environment);
    // A descriptor of its own: what comes by number 1 is not ours, see StrayOutput.
    LogPipe pipe(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    const Work work = role == RoleName::worker ? Work::jobs : Work::any;
    std::vector<std::unique_ptr<Platform>> platforms;
    std::vector<std::unique_ptr<Role>> roles;
    while (roles.size() < threads_of(role, config)) {
        platforms.push_back(std::make_unique<Platform>(config, metrics, pipe, flags, work));
        roles.push_back(make_role(role, *platforms.back(), roles.size()));
        try {
            roles.back()->listen();
        } catch (const std::system_error& taken) {
            std::fprintf(stderr, "acme: cannot listen: %s\n", taken.what());
            return cli::exit_configuration;
        }
    }
    Log& log = platforms.front()->log;
    StrayOutput stray(
        platforms.front()->clock,
        pipe,
        {.service = config.otlp_service, .version = config.release, .node = config.node}
    );
    log.info("begins", {{"role", name_of(role)}, {"release", config.release}});
    std::jthread reader([&stray] { stray.run(); });
    std::vector<std::jthread> threads;
    threads.reserve(roles.size());
    for (const auto& each : roles) threads.emplace_back([&each] { each->run(); });
    int signal = 0;
    sigwait(&signals, &signal);
    const bool is_drained = std::ranges::any_of(roles, &Role::is_drained);
    for (const auto& each : roles) each->stop(is_drained ? milliseconds(0) : config.drain_delay);
    threads.clear();
    stray.stop();
    reader.join();
    log.info("ended", {{"role", name_of(role)}});
    const bool is_unusable = std::ranges::any_of(roles, &Role::is_unusable);
    const int code = is_unusable ? cli::exit_configuration : cli::exit_done;
    if (std::ranges::any_of(roles, &Role::is_hung)) std::_Exit(code);
    return code;
}

}  // namespace acme::app
