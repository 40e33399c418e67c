// The second half of the Supervisor: how everything ends.
#include "operate/local/supervisor.hpp"

#include <filesystem>
#include <ranges>

namespace acme::local {
namespace {

using std::chrono::seconds;

constexpr seconds drain_default{30};
constexpr seconds job_drain_default{60};
constexpr seconds grace_more{5};
constexpr seconds store_grace{60};
constexpr seconds balancer_grace{35};  // more than its hard-stop-after

}  // namespace

/// From the door inwards: first nothing new comes in, then what is under way ends, then what it
/// stood on.
Task<> Supervisor::drain() {
    const SteadyTime begun = around_.clock.steady();
    const Executor executor = co_await asio::this_coro::executor;
    if (engine_) engine_->close();
    if (door_) door_->close();
    TaskGroup door(log_);
    for (const auto& part : parts_) {
        if (part->name() == "balancer") {
            tell("balancer", "takes nothing new");
            door.spawn(executor, "balancer", stop_part(*part, balancer_grace));
        }
    }
    co_await drain_nodes("serve", "app nodes", setting("DRAIN_TIMEOUT_SECONDS", drain_default));
    co_await drain_nodes(
        "worker", "workers", setting("JOB_DRAIN_TIMEOUT_SECONDS", job_drain_default)
    );
    co_await drain_nodes("scheduler", "scheduler", drain_default);
    co_await door.join();
    for (const auto& part : std::views::reverse(parts_)) {
        if (part->name() != "balancer") co_await stop_part(*part, store_grace);
    }
    std::error_code ignored;
    std::filesystem::remove(layout_.state(), ignored);
    std::filesystem::remove(layout_.environment(), ignored);
    if (!parts_.empty()) say_("Stopped in " + seconds_since(begun) + ".");
}

Task<> Supervisor::drain_nodes(std::string_view role, std::string_view what, seconds grace) {
    const Executor executor = co_await asio::this_coro::executor;
    const SteadyTime begun = around_.clock.steady();
    TaskGroup draining(log_);
    for (const Node& node : plan_.nodes) {
        if (node.role != role || driver_.find(node.name) == nullptr) continue;
        draining.spawn(executor, "drain", stop_node(node.name, grace + grace_more));
    }
    if (draining.size() == 0) co_return;
    co_await draining.join();
    tell(what, "drained in " + seconds_since(begun));
}

Task<> Supervisor::stop_node(std::string name, seconds grace) {
    bool ended_by_itself = co_await driver_.stop(name, grace, hurry_);
    if (!co_await driver_.stop_beside(name, grace, hurry_)) ended_by_itself = false;
    if (!ended_by_itself) tell(name, "killed: it did not end in its time");
}

Task<> Supervisor::stop_part(Keeper& keeper, seconds grace) {
    const SteadyTime begun = around_.clock.steady();
    const bool ended_by_itself = co_await keeper.stop(grace, hurry_);
    tell(keeper.name(), (ended_by_itself ? "stopped in " : "killed after ") + seconds_since(begun));
}

}  // namespace acme::local
