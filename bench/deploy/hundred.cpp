#include "hundred.hpp"

#include "app/config_docs.hpp"
#include "app/platform.hpp"
#include "operate/balancer/balancer.hpp"
#include "operate/balancer/driver.hpp"
#include "operate/deploy/controller.hpp"
#include "operate/deploy/deployments.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace acme::bench {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using std::chrono::milliseconds;

constexpr int routes = 40;
constexpr int buckets = 20;

std::string release_of(bool is_canary) { return std::string(40, is_canary ? 'b' : 'a'); }

std::string name_of(int node) { return "app-" + std::to_string(node); }

std::string address_of(int node) { return "127.77.0." + std::to_string(node); }

/// As long as a node's own with all its routes asked.
std::string metrics_of(bool is_canary) {
    std::string text;
    const auto add = [&text](const std::string& series, int value) {
        text.append(series).append(" ").append(std::to_string(value)).append("\n");
    };
    for (int route = 0; route < routes; ++route) {
        const std::string labels =
            R"(method="GET",path="/v1/things/)" + std::to_string(route) + '"';
        for (const char* const status : {"200", "404", "500"}) {
            const std::string all = '{' + labels + ",status=\"" + status + "\"}";
            add("http_requests_total" + all, *status == '2' ? 1'000 : 0);
        }
        for (int i = 1; i <= buckets; ++i) {
            const std::string le = ",le=\"" + std::to_string(i * 0.005) + "\"}";
            add("http_request_duration_seconds_bucket{" + labels + le, 50 * i);
        }
    }
    add("process_cpu_seconds_total", 100);
    add("process_resident_memory_bytes", 50'000'000);
    add("process_start_time_seconds", 1'700'000'000);
    add("acme_build_info{release=\"" + release_of(is_canary) + "\",role=\"serve\"}", 1);
    return text;
}

/// What the judge asks for: summed over the routes, without the rest.
std::string brief_of(bool is_canary) {
    std::string text;
    const auto add = [&text](const std::string& series, int value) {
        text.append(series).append(" ").append(std::to_string(value)).append("\n");
    };
    for (const char* const status : {"2xx", "4xx", "5xx"}) {
        const std::string label = std::string("{status=\"") + status + "\"}";
        add("http_requests_total" + label, *status == '2' ? 40'000 : 0);
    }
    for (std::size_t i = 0; i < seconds_edges.size(); ++i) {
        const std::string le = "{le=\"" + std::to_string(seconds_edges[i]) + "\"}";
        add("http_request_duration_seconds_bucket" + le, 1'000 * static_cast<int>(i));
    }
    add("process_cpu_seconds_total", 100);
    add("process_resident_memory_bytes", 50'000'000);
    add("process_start_time_seconds", 1'700'000'000);
    add("acme_build_info{release=\"" + release_of(is_canary) + "\",role=\"serve\"}", 1);
    return text;
}

/// One connection, until the peer ends it.
Task<> answer(Socket socket, bool is_canary) {
    boost::beast::flat_buffer buffer;
    while (true) {
        http::request<http::empty_body> request;
        const auto [error, read] = co_await http::async_read(socket, buffer, request, no_throw);
        if (error) co_return;
        http::response<http::string_body> response(http::status::ok, request.version());
        response.set("X-Acme-Release", release_of(is_canary));
        const bool is_brief = request.target().starts_with("/metrics?sum=routes");
        if (is_brief) response.body() = brief_of(is_canary);
        if (!is_brief && request.target().starts_with("/metrics")) {
            response.body() = metrics_of(is_canary);
        }
        response.keep_alive(request.keep_alive());
        response.prepare_payload();
        const auto [broken, sent] = co_await http::async_write(socket, response, no_throw);
        if (broken || !request.keep_alive()) co_return;
    }
}

Task<> accept(Acceptor& acceptor, TaskGroup& tasks, bool is_canary) {
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(no_throw);
        if (error) co_return;
        const Executor executor = acceptor.get_executor();
        tasks.spawn(executor, "bench.answer", answer(Socket(std::move(socket)), is_canary));
    }
}

/// The machines, as an engine would tell of them. Nothing is ever changed there.
class Machines final : public deploy::Driver {
public:
    explicit Machines(int nodes) {
        for (int node = 1; node <= nodes; ++node) {
            const bool is_canary = node == nodes;
            deploy::Instance instance;
            instance.facts = {
                .environment = "bench",
                .node = name_of(node),
                .role = "serve",
                .release = release_of(is_canary),
                .digest = "",
                .known_good = release_of(false),
                .deployment = "",
                .track = is_canary ? "canary" : "stable",
                .spec = "",
                .address = address_of(node),
            };
            instance.is_running = true;
            instances_.push_back(std::move(instance));
        }
    }

    Task<Result<std::vector<deploy::Instance>>> instances() override { co_return instances_; }

    Task<Result<std::vector<deploy::Stored>>> releases() override {
        co_return std::vector<deploy::Stored>{
            {.id = release_of(true), .digest = ""}, {.id = release_of(false), .digest = ""}
        };
    }

    Task<Result<deploy::Fence>> take(std::string holder, milliseconds, deploy::Claim) override {
        co_return deploy::Fence{.number = 1, .holder = std::move(holder)};
    }

    Task<Result<deploy::Fence>> held() override { co_return deploy::Fence{}; }
    Task<Result<>> give_back(deploy::Fence) override { co_return done; }
    Task<Result<bool>> stop(deploy::Fence, std::string, milliseconds) override { co_return true; }
    Task<Result<>> start(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<>> kill(deploy::Fence, std::string) override { co_return done; }
    Task<Result<bool>> replace(deploy::Fence, deploy::Facts, milliseconds) override {
        co_return true;
    }
    Task<Result<>> start_beside(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<bool>> settle(deploy::Fence, std::string, std::string, milliseconds) override {
        co_return true;
    }
    Task<Result<>> label(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<>> mark_good(deploy::Fence, std::string) override { co_return done; }
    Task<Result<deploy::Ended>> run_once(
        deploy::Fence, std::string, std::vector<std::string>, milliseconds
    ) override {
        co_return deploy::Ended{};
    }

private:
    std::vector<deploy::Instance> instances_;
};

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

balancer::Settings settings_of(const Hundred& hundred) {
    balancer::Settings settings;
    settings.run_folder = hundred.folder;
    settings.port = static_cast<std::uint16_t>(hundred.port);
    for (int node = 1; node <= hundred.nodes; ++node) {
        settings.app.push_back({.name = name_of(node), .address = address_of(node)});
    }
    return settings;
}

std::string file_of(const Hundred& hundred) { return hundred.folder + "/haproxy.cfg"; }

/// From the moment on at which the canary is judged.
Task<> watch(const Hundred& hundred, bool& is_judging) {
    while (!is_judging) co_await sleep_for(milliseconds(20));
    co_await sleep_for(milliseconds(2'000));
    const double before = cpu_seconds();
    co_await sleep_for(std::chrono::seconds(hundred.seconds));
    std::printf("%d %.3f\n", hundred.seconds, cpu_seconds() - before);
    std::fflush(stdout);
    std::_Exit(0);  // the window is not waited for
}

Task<deploy::Wish> wish_of(pg::Database& db, trace::Context context, deploy::DeploymentId id) {
    deploy::Deployments deployments(db);
    co_return co_await deployments.wish_of(context, id);
}

Task<> judge(app::Platform& platform, const Hundred& hundred) {
    Machines machines(hundred.nodes);
    balancer::Balancer balancer(settings_of(hundred), file_of(hundred), "/usr/sbin/haproxy");
    deploy::Judging judging(platform.telemetry, platform.fetch, balancer, machines);
    deploy::Journal journal(
        hundred.folder + "/journal", platform.db, platform.clock, platform.telemetry
    );
    const deploy::Hooks hooks{
        .wish = [&platform](
                    trace::Context context, deploy::DeploymentId id
                ) { return wish_of(platform.db, context, id); },
        .may_deploy = [](trace::Context, changes::Entrance) -> Task<Result<std::string>> {
            co_return "";
        },
        .smoke = [](trace::Context, std::string) -> Task<Result<std::string>> { co_return ""; },
        .reads = [](trace::Context) -> Task<judge::Reads> { co_return judge::Reads{}; },
    };
    bool is_judging = false;
    journal.listen([&](const deploy::Record& record) {
        const auto* const kind = record.data.if_contains("kind");
        is_judging = is_judging || (record.kind == "step_begun" && kind != nullptr &&
                                    *kind == boost::json::value("judge"));
    });
    const Executor executor = co_await asio::this_coro::executor;
    platform.tasks.spawn(executor, "bench.watch", watch(hundred, is_judging));
    deploy::Controller controller({
        .driver = machines,
        .balancer = balancer,
        .fetch = platform.fetch,
        .journal = journal,
        .judging = judging,
        .telemetry = platform.telemetry,
        .tasks = platform.tasks,
        .hooks = hooks,
    });
    trace::Trace untraced(platform.clock, platform.random);
    const auto ended = co_await controller.run(
        untraced.begin(std::nullopt, 0),
        {
            .id = deploy::DeploymentId::make(platform.clock.now(), platform.random),
            .environment = "bench",
            .release = release_of(true),
            .actor = "bench",
            .known_good = release_of(false),
        }
    );
    throw std::runtime_error(ended ? ended->state + " " + ended->outcome : ended.error().message);
}

}  // namespace

void answer_as_nodes(const Hundred& hundred) {
    SystemClock clock;
    Log log(clock, LogLevel::error, [](std::string_view) {});
    TaskGroup tasks(log);
    Loop loop;
    std::vector<std::unique_ptr<Acceptor>> acceptors;
    for (int node = 1; node <= hundred.nodes; ++node) {
        for (const std::uint16_t port : {std::uint16_t{8080}, std::uint16_t{9090}}) {
            const tcp::endpoint place(asio::ip::make_address(address_of(node)), port);
            acceptors.push_back(std::make_unique<Acceptor>(loop.get_executor(), place));
            const bool is_canary = node == hundred.nodes;
            tasks.spawn(
                loop.get_executor(), "bench.accept", accept(*acceptors.back(), tasks, is_canary)
            );
        }
    }
    asio::signal_set signals(loop, SIGTERM, SIGINT);
    signals.async_wait([&loop](boost::system::error_code, int) { loop.stop(); });
    loop.run();
    std::_Exit(0);
}

void write_balancer(const Hundred& hundred) {
    const auto text = balancer::render(settings_of(hundred));
    if (!text) throw std::runtime_error(text.error().message);
    std::ofstream(settings_of(hundred).map_file());  // nobody is led to a canary
    std::ofstream(file_of(hundred)) << *text;
}

void control(const Hundred& hundred) {
    const app::Reading reading = app::read_config(app::process_environment());
    if (!reading.problems.empty()) {
        for (const std::string& line : app::report(reading.problems)) {
            std::fprintf(stderr, "%s\n", line.c_str());
        }
        throw std::runtime_error("the configuration is incomplete");
    }
    Metrics metrics;
    LogPipe pipe(STDERR_FILENO);
    const SystemClock clock;
    flag_feed::Ground flags(metrics, clock, false, reading.config.environment);
    app::Platform platform(reading.config, metrics, pipe, flags);
    platform.run(judge(platform, hundred));
}

}  // namespace acme::bench
