#pragma once

/// The operations port (C-16): /metrics, /healthz, /readyz, /buildinfo, and /drained, for the
/// operator and the balancer's checks, on a port that no balancer forwards to.

#include "app/platform.hpp"
#include "io/http/server.hpp"
#include "io/loop/line.hpp"
#include "operate/nodes/heartbeat.hpp"

#include <atomic>
#include <functional>

namespace acme::app {

/// Whether this thread may take traffic, and if not, why.
class Readiness {
public:
    bool is_ready() const { return is_ready_; }
    bool is_starting() const { return is_starting_; }  // nothing was found out yet
    bool is_draining() const { return is_draining_; }
    bool is_unusable() const { return is_unusable_; }
    const std::string& reason() const { return reason_; }

    void become_ready() { set(true, ""); }
    void wait_for(std::string reason) { set(false, std::move(reason)); }

    /// What is waited for; changes nothing else, and nothing at all once it is ready or drains.
    void explain(std::string reason) {
        if (!is_ready_ && !is_draining_) reason_ = std::move(reason);
    }

    /// For good.
    void drain() {
        is_draining_ = true;
        set(false, "draining");
    }

    /// A dependency is too old: the process ends, exit code 78.
    void give_up(std::string reason) {
        is_unusable_ = true;
        set(false, std::move(reason));
    }

    /// `tell` hears "starting", "ready" and "draining" when they begin.
    void listen(std::function<void(std::string_view state)> tell) { tell_ = std::move(tell); }

private:
    void set(bool is_ready, std::string reason) {
        is_ready_ = is_ready;
        is_starting_ = false;
        reason_ = std::move(reason);
        if (tell_) tell_(is_draining_ ? "draining" : is_ready ? "ready" : "starting");
    }

    bool is_ready_ = false;
    bool is_starting_ = true;
    bool is_draining_ = false;
    bool is_unusable_ = false;
    std::string reason_ = "starting";
    std::function<void(std::string_view)> tell_;
};

/// /healthz and /readyz, on the operations port and beside the API.
void add_health_routes(http::Router& router, const Readiness& readiness);

/// Tells how many requests or jobs are at hand.
using InFlight = std::function<std::int64_t()>;

class Operations {
public:
    /// `readiness` outlives it.
    Operations(Platform& platform, std::string_view role, Readiness& readiness, InFlight in_flight);

    /// Opens METRICS_PORT; throws when it is taken.
    void listen();

    /// Serves, writes the heartbeat of this process and follows the chosen log level, until
    /// drain().
    Task<> run();

    /// Whether POST /drained came a moment ago: whoever drained this node at the balancer ends it
    /// now, and nobody has to be given time to see that. From any thread.
    bool is_drained() const { return platform_.clock.steady() < drained_until_.load(); }

    /// Tells whether this process leads those of its role; before run().
    void set_lead(std::function<bool()> leads) { heartbeat_.set_lead(std::move(leads)); }

    /// Whoever scrapes meanwhile gets the last numbers.
    Task<> drain();

private:
    Task<> examine_store();
    Task<Result<http::Response>> take_drained();

    Platform& platform_;
    std::atomic<SteadyTime> drained_until_{};
    std::string store_flaw_;
    int examinations_ = 0;
    bool is_draining_ = false;
    Line<bool> pausing_;
    nodes::Heartbeat heartbeat_;
    log_level::Follower log_level_;
    http::Router router_;
    http::Service service_;
    http::Server server_;
};

}  // namespace acme::app
