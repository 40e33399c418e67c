#include "operate/deploy/aftermath.hpp"

#include <algorithm>
#include <array>

namespace acme::deploy {
namespace {

constexpr std::chrono::minutes begins_within{1};
constexpr std::array<std::string_view, 4> reasons{
    "error_ratio:", "error_excess:", "probe:", "site:"
};

}  // namespace

bool needs_aftermath(const Deployment& newest, WallTime now) {
    const bool was_judged = std::ranges::any_of(reasons, [&](std::string_view reason) {
        return newest.outcome.starts_with(reason);
    });
    return was_judged && newest.kind == "release" && newest.state == "rolled_back" &&
           newest.ended_at && now - *newest.ended_at <= begins_within;
}

Task<> Aftermath::look(trace::Context context) {
    std::vector<Deployment> newest;
    try {
        newest = co_await deployments_.list(context, parts_.environment, 1);
    } catch (const pg::Unreachable&) {
        co_return;  // there is nowhere to note anything
    }
    if (newest.empty()) co_return;
    const Deployment& deployment = newest.front();
    if (looked_after_ && looked_after_->id != deployment.id) looked_after_.reset();
    if (!looked_after_) {
        const bool is_wanted =
            deployment.id != done_ && needs_aftermath(deployment, parts_.telemetry.clock.now());
        if (is_wanted) co_await begin(context, deployment);
        co_return;
    }
    if (const auto seen = co_await ground_->judging->tick()) flaw_ = seen->abort;
    if (parts_.telemetry.clock.steady() - begun_ >= time) co_await end(context);
}

Task<> Aftermath::begin(trace::Context context, const Deployment& deployment) {
    auto ground = parts_.find_ground();
    if (!ground) co_return;
    ground_ = std::move(*ground);
    auto nodes = co_await nodes_now(*ground_->driver, *ground_->balancer, parts_.fetch, context);
    if (!nodes) co_return;
    ground_->judging->start({
        .judged = Judged::watch,
        .nodes = std::move(*nodes),
        .release = deployment.known_good,
        .fresh = {},
    });
    looked_after_ = deployment;
    begun_ = parts_.telemetry.clock.steady();
    flaw_.clear();
}

Task<> Aftermath::end(trace::Context context) {
    const Deployment deployment = *std::exchange(looked_after_, std::nullopt);
    done_ = deployment.id;
    ground_.reset();
    if (flaw_.empty()) co_return;
    const std::string text = "It was not the deploy: three minutes after the return " +
                             deployment.known_good + " does the same. " + flaw_;
    parts_.telemetry.log.warn("deploy.not_the_deploy", {{"reason", text}});
    Journal journal(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry);
    co_await journal.open(context, deployment.id);
    co_await journal.add(context, deployment.id, "note", {{"text", text}});
}

}  // namespace acme::deploy
