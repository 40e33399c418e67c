#include "app/node.hpp"

#include "app/lists.hpp"
#include "base/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <cstdio>

namespace acme::app {
namespace {

/// After the last request; whoever scrapes meanwhile gets the last numbers.
constexpr std::chrono::milliseconds operations_drain_max{1000};

/// Of what all threads have together, at least one for each.
std::size_t share_of(std::int64_t all, std::int64_t threads) {
    return static_cast<std::size_t>(std::max<std::int64_t>(all / threads, 1));
}

LogLevel level_of(std::string_view name) {
    if (name == "debug") return LogLevel::debug;
    if (name == "warn") return LogLevel::warn;
    if (name == "error") return LogLevel::error;
    return LogLevel::info;
}

Task<Result<http::Response>> answer_text(std::string text) {
    co_return http::Response{.body = std::move(text), .content_type = "text/plain; version=0.0.4"};
}

Task<Result<http::Response>> answer_alive() {
    co_return http::Response{.body = R"({"status":"alive"})"};
}

Task<Result<http::Response>> answer_ready(bool is_ready) {
    if (is_ready) co_return http::Response{.body = R"({"status":"ready"})"};
    co_return refuse(ErrorKind::unavailable, "app.draining", "This node takes no new requests.");
}

}  // namespace

Node::Node(const Config& config, Metrics& metrics, Log::Sink sink)
    : config_(config),
      log_(clock_, level_of(config.log_level), std::move(sink)),
      metrics_(metrics),
      telemetry_{clock_, random_, log_, metrics_},
      db_({.conninfo = config.database_url.clone(),
           .connections_max = share_of(config.database_pool_size, config.threads),
           .statement_time_max = config.db_statement_time_max},
          telemetry_),
      exporter_({.collector = config.collector}, telemetry_),
      worker_(jobs_, db_, telemetry_),
      router_(nullptr),
      service_(
          router_,
          telemetry_,
          [this](trace::Trace& trace) { exporter_.keep(trace); },
          {.keep_share = static_cast<double>(config.trace_percent) / 100,
           .logs_requests = config.log_requests == "on"}
      ),
      server_(service_, telemetry_),
      operations_router_(nullptr),
      operations_service_(
          operations_router_,
          telemetry_,
          [](trace::Trace&) {},
          {.keep_share = 0, .logs_requests = false}
      ),
      operations_server_(operations_service_, telemetry_),
      tasks_(log_) {
    const Rooms rooms{};
    add_routes(router_, rooms);
    add_jobs(jobs_, rooms);
    add_commands(commands_, rooms);
    add_health_routes(router_);
    add_health_routes(operations_router_);
    operations_router_.add({
        .method = http::Method::get,
        .pattern = "/metrics",
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows the metrics.", .response_type = "text/plain; version=0.0.4"},
        .handler = [this](auto&) { return answer_text(metrics_.text()); },
        .is_operations = true,
    });
}

void Node::add_health_routes(http::Router& router) {
    router.add({
        .method = http::Method::get,
        .pattern = "/healthz",
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Tells that the process is alive; touches no dependency."},
        .handler = [](auto&) { return answer_alive(); },
        .is_operations = true,
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/readyz",
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Tells whether this node may take traffic."},
        .handler = [this](auto&) { return answer_ready(is_ready_); },
        .is_operations = true,
    });
}

void Node::listen(http::Server& server, std::int64_t port) {
    server.listen(loop_.get_executor(), static_cast<std::uint16_t>(port));
}

void Node::serve() {
    listen(server_, config_.port);
    listen(operations_server_, config_.metrics_port);
    run_to_end("serve", serve_until_drained());
}

void Node::work() {
    listen(operations_server_, config_.metrics_port);
    run_to_end("worker", work_until_stopped());
}

Task<> Node::serve_until_drained() {
    tasks_.spawn(loop_.get_executor(), "otlp", exporter_.run());
    tasks_.spawn(loop_.get_executor(), "operations", operations_server_.serve());
    co_await server_.serve();
    co_await close();
}

Task<> Node::work_until_stopped() {
    tasks_.spawn(loop_.get_executor(), "operations", operations_server_.serve());
    co_await worker_.run();
    co_await close();
}

Task<> Node::close() {
    exporter_.stop();
    co_await operations_server_.drain(operations_drain_max);
    co_await tasks_.join();
    db_.close();
}

void Node::stop() {
    asio::post(loop_, [this] {
        is_ready_ = false;
        worker_.stop();
        tasks_.spawn(loop_.get_executor(), "drain", drain());
    });
}

/// The balancer is told first and given time to look; only then does the port close.
Task<> Node::drain() {
    co_await sleep_for(config_.drain_delay);
    co_await server_.drain(std::chrono::seconds(config_.drain_timeout_seconds));
}

int Node::run_command(std::vector<std::string> words) {
    const auto print = [](std::string_view line) {
        std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    };
    cli::Choice choice = commands_.choose(std::move(words));
    if (!choice.text.empty()) print(choice.text);
    if (choice.command == nullptr) return choice.exit_code;
    int exit_code = cli::exit_fault;
    trace::Trace trace(clock_, random_);
    asio::co_spawn(
        loop_,
        cli::Commands::run(trace.begin(std::nullopt, 0), std::move(choice), print),
        [&](const std::exception_ptr& fault, int code) {
            if (fault) std::rethrow_exception(fault);
            exit_code = code;
            db_.close();
        }
    );
    loop_.run();
    return exit_code;
}

void Node::run_to_end(std::string_view name, Task<> task) {
    log_.info("begins", {{"role", name}});
    asio::co_spawn(loop_, std::move(task), [](const std::exception_ptr& fault) {
        if (fault) std::rethrow_exception(fault);
    });
    loop_.run();
    log_.info("ended", {{"role", name}});
}

}  // namespace acme::app
