#pragma once

/// Work on PostgreSQL for which a request waits a moment and no longer: a server that hangs, and
/// closes nothing, holds nobody up who can do without its answer.
///
/// Belongs to a thread.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/telemetry/telemetry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace acme::keys {

class Patience {
public:
    static constexpr std::chrono::milliseconds wait_max{100};

    using Work = std::function<Task<>(trace::Context)>;

    explicit Patience(Telemetry& telemetry) : telemetry_(telemetry), tasks_(telemetry.log) {}

    /// Begins the work, unless some of that name is under way, and waits for its end: until
    /// `wait_max` after it began. It goes on even then, and its failure is nobody's.
    Task<> run(std::string name, Work work);

    /// Waits for what is under way.
    Task<> close() { return tasks_.join(); }

private:
    struct Running {
        SteadyTime began;
        bool is_done = false;
        Line<bool> waiting = {};
    };

    Task<> do_work(std::string name, Work work);

    Telemetry& telemetry_;
    std::unordered_map<std::string, std::shared_ptr<Running>> running_;
    TaskGroup tasks_;
};

}  // namespace acme::keys
