#pragma once

/// Somebody who reads through the balancer at a steady pace, while a drill goes on.

#include "io/loop/task_group.hpp"
#include "operate/changes/drills.hpp"
#include "operate/load/traffic.hpp"

#include <memory>

namespace acme::drills {

class Prober {
public:
    static constexpr std::int64_t rps = 100;
    static constexpr std::chrono::seconds time_max{3'600};
    static constexpr std::string_view sentence = "no read fails";

    /// `url` is the balancer's. `telemetry` and `tasks` outlive what they are used for.
    Prober(Telemetry& telemetry, TaskGroup& tasks, std::string url);
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    Task<> begin();

    /// Waits for the last answer and tells how many of all failed, and how.
    Task<changes::Expectation> end();

private:
    struct Run {
        Run(Telemetry& telemetry, std::string url);
        load::Traffic traffic;
        bool is_over = false;
    };
    static Task<> read(std::shared_ptr<Run> run);

    TaskGroup& tasks_;
    std::shared_ptr<Run> run_;
};

}  // namespace acme::drills
