#pragma once

/// Everything that one thread needs: its loop, its connections, its rooms. Threads share nothing
/// but the configuration, the metrics and the log's descriptor.

#include "app/config.hpp"
#include "io/cli/commands.hpp"
#include "io/http/server.hpp"
#include "io/otlp/exporter.hpp"
#include "io/pg/database.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::app {

class Node {
public:
    Node(const Config& config, Metrics& metrics, Log::Sink sink);

    // The roles. Each blocks until its work has ended; an exception is the end of the process.
    void serve();
    void work();
    int run_command(std::vector<std::string> words);

    /// Ends serve() or work(), from any thread: what is at hand is finished, nothing new begins.
    void stop();

private:
    Task<> serve_until_drained();
    Task<> work_until_stopped();
    Task<> drain();
    Task<> close();
    void run_to_end(std::string_view name, Task<> task);
    void listen(http::Server& server, std::int64_t port);
    void add_health_routes(http::Router& router);

    // In the order in which they need each other. The loop comes last and so dies first.
    const Config& config_;
    SystemClock clock_;
    SystemRandom random_;
    Log log_;
    Metrics& metrics_;
    Telemetry telemetry_;
    pg::Database db_;
    otlp::Exporter exporter_;
    jobs::Registry jobs_;
    jobs::Worker worker_;
    cli::Commands commands_;
    http::Router router_;
    http::Service service_;
    http::Server server_;
    http::Router operations_router_;  // for the operator, on a port that no balancer forwards to
    http::Service operations_service_;
    http::Server operations_server_;
    bool is_ready_ = true;
    TaskGroup tasks_;
    Loop loop_;
};

}  // namespace acme::app
