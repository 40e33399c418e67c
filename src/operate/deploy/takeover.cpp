#include "operate/deploy/takeover.hpp"

#include <algorithm>
#include <set>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{100};

/// What is carried out first: the way back, then what was begun, then what waits, then what is
/// only watched.
int urgency(const Deployment& deployment) {
    if (deployment.kind == "rollback") return 4;
    if (deployment.state == "succeeded") return 1;
    return deployment.state == "queued" ? 2 : 3;
}

/// Something waits for which `claim` has to give the machines up.
bool must_make_way(const std::vector<Deployment>& open, Claim claim, DeploymentId own) {
    return std::ranges::any_of(open, [&](const Deployment& other) {
        if (other.id == own || other.state != "queued") return false;
        return claim < (other.kind == "rollback" ? Claim::rollback : Claim::deployment);
    });
}

}  // namespace

Takeover::Takeover(CliParts parts, std::string own_node)
    : parts_(std::move(parts)),
      deployments_(parts_.db),
      merging_(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry),
      aftermath_(parts_),
      own_node_(std::move(own_node)) {}

void Takeover::stop() {
    is_stopping_ = true;
    if (pause_) pause_->cancel();
    if (running_ && running_->controller != nullptr) running_->controller->leave();
}

Task<> Takeover::run() {
    while (!is_stopping_) {
        trace::Trace untraced(parts_.telemetry.clock, parts_.telemetry.random);
        try {
            co_await look(untraced.begin(std::nullopt, 0));
        } catch (const std::exception& fault) {
            if (!is_stopping_) {
                parts_.telemetry.log.warn("deploy.takeover", {{"reason", fault.what()}});
            }
        }
        pause_ = std::make_shared<Cancellable>();
        if (is_stopping_) break;
        try {
            co_await pause_->run(sleep_for(takeover_period), 2 * takeover_period);
        } catch (const std::exception&) {
            break;  // stopped
        }
    }
}

Task<bool> Takeover::look(trace::Context context) {
    auto ground = parts_.find_ground();
    if (!ground) co_return false;  // nothing to deploy to is found here
    const auto chosen = co_await choose(context);
    if (is_stopping_) co_return false;
    if (!chosen) {
        co_await aftermath_.look(context);
        co_return false;
    }
    co_await carry_out(context, *ground, *chosen);
    co_return true;
}

/// From the database, once it has what it missed; without it from the files beside the nodes.
Task<std::vector<Deployment>> Takeover::find_open(trace::Context context) {
    std::optional<std::vector<Deployment>> open;
    try {
        co_await merging_.merge(context);
        open = co_await deployments_.running(context, parts_.environment);
    } catch (const pg::Unreachable&) {
        // fallen through: co_await has no place in a handler
    }
    // Whoever had the machines later has ended it, although neither its own journal says so nor a
    // database that was away meanwhile.
    std::int64_t last = 0;
    std::set<DeploymentId> ended;  // also what the database refused to hear
    std::vector<Deployment> told_of;
    for (Told& told : merging_.told()) {
        if (told.deployment.environment != parts_.environment) continue;
        last = std::max(last, told.deployment.fence);
        if (told.deployment.has_ended()) ended.insert(told.deployment.id);
        told_of.push_back(std::move(told.deployment));
    }
    if (!open) open = std::move(told_of);
    std::erase_if(*open, [&](const Deployment& one) {
        return one.has_ended() || (one.fence > 0 && one.fence < last) || ended.contains(one.id);
    });
    co_return *open;
}

/// Of equals the newest; those that waited longer are superseded by it.
Task<std::optional<Deployment>> Takeover::choose(trace::Context context) {
    const auto open = co_await find_open(context);
    if (open.empty()) co_return std::nullopt;
    const Deployment* chosen = &open.front();
    for (const Deployment& deployment : open) {
        if (urgency(deployment) >= urgency(*chosen)) chosen = &deployment;
    }
    if (chosen->state == "queued" && chosen->kind == "release") {
        co_await deployments_.supersede(context, parts_.environment, chosen->id);
    }
    co_return *chosen;
}

Order Takeover::order_of(const Deployment& deployment) const {
    Order order{
        .id = deployment.id,
        .environment = deployment.environment,
        .release = deployment.release,
        .is_return = deployment.kind == "rollback",
        .actor = deployment.actor,
        .reason = deployment.reason,
        .canary = deployment.canary,
        .limits = deployment.kind == "rollback" ? Limits::of_return() : Limits{},
        .is_queued = deployment.state == "queued",
        .goes_on = deployment.state != "queued",
        .known_good = deployment.known_good,
        .own_node = own_node_,
        .is_production = parts_.is_production,
    };
    if (deployment.canary_window_ms > 0) {
        order.limits.canary_window = milliseconds(deployment.canary_window_ms);
    }
    return order;
}

/// Leaves what is carried out when something more urgent waits.
Task<> Takeover::make_way(
    Deployments& deployments,
    std::string environment,
    trace::Context context,
    std::shared_ptr<Running> running
) {
    milliseconds waited{0};
    while (running->controller != nullptr) {
        co_await sleep_for(look_again);
        waited += look_again;
        if (running->controller == nullptr || waited < takeover_period) continue;
        waited = milliseconds(0);
        try {
            const auto open = co_await deployments.running(context, environment);
            Controller* const controller = running->controller;
            if (controller == nullptr) co_return;
            if (must_make_way(open, controller->claim(), running->id)) controller->leave();
        } catch (const pg::Fault&) {
            continue;  // without a database nothing is queued
        }
    }
}

Task<> Takeover::carry_out(trace::Context context, Ground& ground, const Deployment& deployment) {
    struct Ends {
        std::shared_ptr<Running> running;
        ~Ends() { running->controller = nullptr; }
    };
    Journal journal(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry);
    Controller controller({
        .driver = *ground.driver,
        .balancer = *ground.balancer,
        .fetch = parts_.fetch,
        .journal = journal,
        .judging = *ground.judging,
        .telemetry = parts_.telemetry,
        .tasks = parts_.tasks,
        .hooks = parts_.hooks,
    });
    running_ = std::make_shared<Running>(&controller, deployment.id);
    const Ends ends{running_};
    const Executor executor = co_await asio::this_coro::executor;
    parts_.tasks.spawn(
        executor, "deploy.make_way", make_way(deployments_, parts_.environment, context, running_)
    );
    const auto ending = co_await controller.run(context, order_of(deployment));
    if (ending && !ending->state.empty()) co_return;
    const Error nothing{ErrorKind::conflict, "deploy.nothing_to_do", "All nodes run it already."};
    co_await end_unbegun(context, journal, deployment, ending ? nothing : ending.error());
}

/// What was queued and has changed nothing. Whoever holds the machines is at it, and what passes is
/// tried again.
Task<> Takeover::end_unbegun(
    trace::Context context, Journal& journal, const Deployment& deployment, Error why
) {
    const bool passes = why.kind == ErrorKind::unavailable ||
                        why.code == ErrorCode("engine.fenced") ||
                        why.code == ErrorCode("deploy.not_queued");
    if (passes) co_return;
    const bool is_there = why.code == ErrorCode("deploy.nothing_to_do");
    const bool is_return = deployment.kind == "rollback";
    co_await journal.open(context, deployment.id);
    co_await journal.add(
        context,
        deployment.id,
        "state",
        {{"state",
          !is_there   ? "refused"
          : is_return ? "rolled_back"
                      : "cancelled"},
         {"outcome", why.message}}
    );
}

}  // namespace acme::deploy
