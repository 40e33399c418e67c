#pragma once

/// A server with routes of the test's own, on a loop and a thread of its own.

#include "io/http/server.hpp"
#include "testing/bench.hpp"
#include "testing/http_client.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace acme::testing {

/// The head of a request without a body.
std::string head(std::string_view method, std::string_view path, std::string_view version = "1.1");

/// Add routes, serve(), and drain() before what the handlers use is gone.
class ServerBench {
public:
    explicit ServerBench(
        http::Limits limits = {.head_bytes_max = 1024, .rest_bytes_max = 4096},
        std::size_t in_flight_max = 512
    );
    ~ServerBench();
    ServerBench(const ServerBench&) = delete;
    ServerBench& operator=(const ServerBench&) = delete;

    void add(
        http::Method method,
        std::string_view pattern,
        std::size_t body_bytes_max,
        http::Handler handler,
        std::chrono::milliseconds time_max = std::chrono::seconds(30)
    );

    void serve();
    void drain();
    void drain_and_join();

    /// Moves the server's clock, on its own thread.
    void advance(std::chrono::milliseconds by);

    /// Until it is true, for at most ten seconds.
    void wait_for(const std::function<bool()>& is_true) const;

    /// Whether a line of the log contains `text`.
    bool has_logged(std::string_view text) const;

    std::string metrics_text() const { return metrics.text(); }

private:
    mutable std::mutex guard_;
    std::vector<std::string> lines_;

public:
    ManualClock clock{start};
    SeededRandom random{1};
    Log log;
    Metrics metrics;
    Telemetry telemetry{clock, random, log, metrics};
    Loop loop;
    http::Router router{nullptr};
    http::Service service;
    http::Server server;
    TaskGroup tasks{log};
    std::uint16_t port = 0;

private:
    bool is_draining_ = false;
    std::jthread thread_;  // last: joined before anything else goes
};

}  // namespace acme::testing
