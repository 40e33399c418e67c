// The way forward and the way back of the Controller, step by step.
#include "io/loop/loop.hpp"
#include "operate/deploy/controller.hpp"
#include "operate/deploy/patience.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds try_again{500};
constexpr milliseconds step_slack{10'000};  // the parts of a step have limits of their own
constexpr int rounds_max = 3;               // of a way back in which nodes go on failing

/// The state that a step shows, "" when it leaves it as it is.
std::string state_of(StepKind kind) {
    switch (kind) {
        case StepKind::migrate: return "migrating";
        case StepKind::canary:
        case StepKind::judge: return "canary";
        case StepKind::replace:
        case StepKind::watch_batch:
        case StepKind::balance: return "rolling";
        case StepKind::smoke: return "smoking";
        case StepKind::shed:
        case StepKind::record:
        case StepKind::watch: break;
    }
    return "";
}

/// Its end is a window's, and a person may put that off.
bool is_looking(StepKind kind) { return kind == StepKind::judge || kind == StepKind::watch; }

}  // namespace

Task<Result<Plan>> Controller::make_in_time(trace::Context context) {
    const Clock& clock = parts_.telemetry.clock;
    Patience patience;
    while (true) {
        const SteadyTime begun = clock.steady();
        auto plan = co_await make(context);
        const bool passes = !plan && plan.error().kind == ErrorKind::unavailable;
        if (!passes || is_over()) co_return plan;
        if (patience.ends(begun, clock.steady())) co_return plan;
        co_await sleep_for(try_again);
    }
}

Task<Ending> Controller::end(trace::Context context, std::string state, std::string outcome) {
    if (is_over()) co_return Ending{"lost", std::move(outcome), false};
    const bool is_as_asked = order_.is_return && state == "rolled_back";
    co_await tell_state(context, state, outcome);
    co_return Ending{
        .state = std::move(state), .outcome = std::move(outcome), .is_as_asked = is_as_asked
    };
}

Task<Ending> Controller::forward(trace::Context context, Plan plan) {
    co_await tell(context, "plan", plan.json());
    const auto carried = co_await carry_out(context, std::move(plan));
    if (is_over()) co_return Ending{"lost", carried ? "" : carried.error().message, false};
    if (carried) co_return Ending{.state = state_, .outcome = ""};
    co_return co_await back(context, carried.error().message);
}

/// The way back is the plan for the release that was good, by the same planner and the same steps.
Task<Ending> Controller::back(trace::Context context, std::string why) {
    const bool is_return = order_.is_return;
    goal_ = {
        .release = is_return ? order_.release : goal_.known_good,
        .known_good = is_return ? order_.release : goal_.known_good,
        .is_return = true,
        .is_begun = true,
        .strategy = order_.strategy,
    };
    limits_ = Limits::of_return();
    left_out_.clear();
    step_end_.reset();
    co_await tell_state(context, "rolling_back", why);
    if (goal_.release.empty()) {
        why += " There is no release to return to.";
        co_return co_await end(context, "rollback_failed", why);
    }
    const auto returned = co_await bring_back(context);
    if (!why.empty()) why += "\n";
    if (!returned) {
        why += "The way back failed: " + returned.error().message;
        co_await shed_the_rest(context);
        if (!left_out_.empty()) why += "\nLeft out: " + joined(left_out_) + ".";
        co_return co_await end(context, "rollback_failed", why);
    }
    if (!left_out_.empty()) why += "Left out: " + joined(left_out_) + ".";
    if (why.ends_with('\n')) why.pop_back();
    co_return co_await end(context, "rolled_back", why);
}

/// What did not come back takes no traffic any more, as long as something good does.
Task<> Controller::shed_the_rest(trace::Context context) {
    if (is_over()) co_return;
    const auto nodes = co_await nodes_now(parts_.driver, parts_.balancer, parts_.fetch, context);
    if (!nodes) co_return;
    const auto is_back = [this](const NodeNow& node) {
        return node.role == "serve" && node.release == goal_.release && node.is_ready &&
               node.takes_traffic;
    };
    if (std::ranges::none_of(*nodes, is_back)) co_return;
    for (const NodeNow& node : *nodes) {
        const bool is_known = std::ranges::find(left_out_, node.name) != left_out_.end();
        if (node.role != "serve" || node.release == goal_.release || is_known || is_over())
            continue;
        if (co_await parts_.balancer.maintain(node.name)) left_out_.push_back(node.name);
    }
}

/// Until all is as it shall be, for a node may be lost while others come back.
Task<Result<>> Controller::bring_back(trace::Context context) {
    if (!is_over()) co_await hold_->take(Claim::rollback);
    for (int round = 0; round < rounds_max; ++round) {
        Plan plan = ACME_TRY(co_await make_in_time(context));
        co_await tell(context, "plan", plan.json());
        ACME_TRY(co_await carry_out(context, std::move(plan)));
        goal_.is_begun = false;
        const Plan rest = ACME_TRY(co_await make_in_time(context));
        goal_.is_begun = true;
        if (rest.steps.empty()) break;
        if (round + 1 < rounds_max) continue;
        for (const Step& step : rest.steps) ACME_TRY(co_await leave_out(context, step));
    }
    co_return done;
}

Task<Result<>> Controller::carry_out(trace::Context context, Plan plan) {
    for (const Step& step : plan.steps) {
        if (step.kind == StepKind::watch && !order_.is_watched_here) break;
        step_end_.reset();
        ACME_TRY(interrupt());
        const std::string state = state_of(step.kind);
        if (!state.empty() && !goal_.is_return) co_await tell_state(context, state);
        ACME_TRY(co_await carry_out_step(context, step));
    }
    co_return done;
}

Task<Result<>> Controller::carry_out_step(trace::Context context, const Step& step) {
    const std::int64_t number = ++step_number_;
    cut_ = 0;
    co_await tell(
        context,
        "step_begun",
        {{"number", number},
         {"kind", name_of(step.kind)},
         {"nodes", joined(step.nodes)},
         {"about", step.about},
         {"undo", step.undo}}
    );
    if (!is_looking(step.kind)) {
        step_end_ = parts_.telemetry.clock.steady() + step.time_max + step_slack;
    }
    const auto outcome = co_await try_step(context, step);
    step_end_.reset();
    doing_.clear();
    if (!outcome && outcome.error().code == ErrorCode("engine.fenced")) hold_->lose();
    co_await tell(
        context,
        "step_ended",
        {{"number", number},
         {"result",
          outcome     ? "done"
          : is_over() ? "lost"
                      : "failed"},
         {"evidence", outcome ? *outcome : outcome.error().message},
         {"cut", cut_}}
    );
    if (!outcome) co_return std::unexpected(outcome.error());
    co_return done;
}

/// A machine or a balancer that does not answer may be back soon; every step can be begun again.
Task<Result<std::string>> Controller::try_step(trace::Context context, const Step& step) {
    const Clock& clock = parts_.telemetry.clock;
    Patience patience;
    while (true) {
        const SteadyTime begun = clock.steady();
        auto outcome = co_await do_step(context, step);
        if (outcome || outcome.error().kind != ErrorKind::unavailable) co_return outcome;
        if (patience.ends(begun, clock.steady())) co_return outcome;
        ACME_TRY(interrupt());
        co_await sleep_for(try_again);
    }
}

Task<Result<std::string>> Controller::do_step(trace::Context context, const Step& step) {
    switch (step.kind) {
        case StepKind::migrate: co_return co_await migrate(context);
        case StepKind::shed: co_return co_await shed(step);
        case StepKind::canary: co_return co_await canary(context, step);
        case StepKind::judge: {
            auto judged =
                co_await judge(context, Judged::canary, limits_.canary_window, step.nodes);
            if (judged) co_await tell(context, "passed", {{"canary", joined(step.nodes)}});
            co_return judged;
        }
        case StepKind::replace: co_return co_await replace(context, step);
        case StepKind::watch_batch:
            co_return co_await judge(context, Judged::batch, limits_.batch_time(), step.nodes);
        case StepKind::balance: co_return co_await balance(context);
        case StepKind::smoke:
            co_return co_await while_here(parts_.hooks.smoke(context, goal_.release));
        case StepKind::record: co_return co_await record(context);
        case StepKind::watch: co_return co_await watch(context);
    }
    co_return "";
}

}  // namespace acme::deploy
