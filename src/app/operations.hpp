#pragma once

/// The operations port (C-16): /metrics, /healthz, /readyz, /buildinfo, for the operator and the
/// balancer's checks, on a port that no balancer forwards to.

#include "app/platform.hpp"
#include "io/http/server.hpp"

namespace acme::app {

/// Whether this thread may take traffic, and if not, why.
struct Readiness {
    bool is_ready = false;
    std::string reason = "starting";
    bool is_draining = false;  // for good
    bool is_unusable = false;  // a dependency is too old: the process ends, exit code 78

    void drain() {
        is_ready = false;
        is_draining = true;
        reason = "draining";
    }
};

/// /healthz and /readyz, on the operations port and beside the API.
void add_health_routes(http::Router& router, const Readiness& readiness);

class Operations {
public:
    Operations(Platform& platform, std::string_view role, const Readiness& readiness);

    /// Opens METRICS_PORT; throws when it is taken.
    void listen();

    Task<> serve() { return server_.serve(); }

    /// Whoever scrapes meanwhile gets the last numbers.
    Task<> drain();

private:
    Platform& platform_;
    http::Router router_;
    http::Service service_;
    http::Server server_;
};

}  // namespace acme::app
