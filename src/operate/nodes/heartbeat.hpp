#pragma once

/// The heartbeat of a process: a row a second. One for each process, on its first thread.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "operate/nodes/nodes.hpp"

#include <functional>

namespace acme::nodes {

/// What a look at a server found.
struct Health {
    bool is_up = false;
    std::string detail = "";  // why not; no secrets
};

using Look = std::function<Task<Health>(trace::Context)>;

/// A server that this process needs, and how to look at it. A look that takes longer than time_max
/// is ended and counts as down.
struct Probe {
    std::string name;  // "PostgreSQL", as people read it
    std::string kind;  // postgresql, redis or objects
    Look look;
    std::chrono::milliseconds period{2'000};
    std::chrono::milliseconds time_max{2'000};
};

/// A look at PostgreSQL: one SELECT. `db` outlives what it returns.
Look look_at(pg::Database& db);

class Heartbeat {
public:
    /// `in_flight` tells how many requests or jobs are at hand.
    Heartbeat(
        Self self,
        Nodes& nodes,
        Telemetry& telemetry,
        std::vector<Probe> probes,
        std::function<std::int64_t()> in_flight
    );

    /// Until stop(). What fails is logged once and tried again; at the end the row is removed.
    Task<> run();

    void stop();

    /// "starting" until then; then "ready" or "draining". Written with the next beat.
    void set_state(std::string_view state) { state_ = state; }

    /// Tells whether this process leads those of its role.
    void set_lead(std::function<bool()> leads) { leads_ = std::move(leads); }

    /// One beat, as run() makes them.
    Task<> beat();

private:
    struct Watched {
        Probe probe;
        Dependency seen;
    };

    Task<> watch(Watched& watched);
    Task<> look(Watched& watched);
    Task<> try_beat();
    Task<> leave();
    Figures figures();

    Self self_;
    Nodes& nodes_;
    Telemetry& telemetry_;
    std::function<std::int64_t()> in_flight_;
    std::function<bool()> leads_;
    std::vector<Watched> watched_;  // does not grow: tasks refer to its items
    std::string state_ = "starting";
    Window window_;
    CpuPeak cpu_peak_;
    std::optional<std::pair<SteadyTime, double>> cpu_;  // seconds used until then
    TaskGroup tasks_;
    Line<bool> pausing_;
    bool is_stopping_ = false;
    bool was_well_ = true;
    int beats_ = 0;
};

}  // namespace acme::nodes
