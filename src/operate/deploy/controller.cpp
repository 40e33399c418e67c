#include "operate/deploy/controller.hpp"

#include "base/text.hpp"
#include "io/loop/loop.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

namespace json = boost::json;

using std::chrono::milliseconds;

constexpr milliseconds wish_period{1'000};
/// Most of the nodes agree on it, also when one was left behind.
std::string known_good_of(const std::vector<NodeNow>& nodes) {
    std::vector<std::string> said;
    for (const NodeNow& node : nodes) said.push_back(node.known_good);
    return most_common(said);
}

}  // namespace

void Controller::abort(std::string who) {
    heard_->wish = {.what = "abort", .who = std::move(who), .reason = "interrupted"};
}

void Controller::leave() {
    heard_->is_leaving = true;
    for (const auto& call : heard_->calls) {
        if (const auto running = call.lock()) running->cancel();
    }
}

/// Who lost the machines has nothing more to tell. On the way back it does not matter whether
/// anything can be told: that goes on.
Task<> Controller::tell(trace::Context context, std::string kind, json::object data) {
    if (hold_->is_lost()) co_return;
    const auto told =
        co_await parts_.journal.add(context, order_.id, std::move(kind), std::move(data));
    if (!told) untold_ = told.error();
}

Task<> Controller::tell_state(trace::Context context, std::string state, std::string outcome) {
    if (state == state_ && outcome.empty()) co_return;
    state_ = std::move(state);
    json::object data{{"state", state_}, {"outcome", std::move(outcome)}};
    if (state_ == "succeeded" || state_ == "rolled_back") {
        data["release"] = goal_.release;
        data["known_good"] = goal_.known_good;
        data["fence"] = hold_->fence().number;
    }
    co_await tell(context, "state", std::move(data));
}

/// What stops every wait. An abort counts only on the way forward: the way back is what it asks
/// for.
Result<> Controller::interrupt() const {
    if (hold_->is_lost()) {
        return refuse(
            ErrorKind::conflict,
            "engine.fenced",
            hold_->is_taken() ? "Somebody else has taken the machines over."
                              : "The machines were silent for so long that somebody else may have "
                                "them."
        );
    }
    if (heard_->is_leaving) {
        return refuse(ErrorKind::conflict, "deploy.left", "It is left to the next controller.");
    }
    if (step_end_ && parts_.telemetry.clock.steady() > *step_end_) {
        return refuse(
            ErrorKind::conflict,
            "deploy.step_late",
            "The step took too long" + (doing_.empty() ? "." : "; last: " + doing_ + ".")
        );
    }
    if (goal_.is_return) return {};
    if (untold_) return std::unexpected(*untold_);
    const Wish& wish = heard_->wish;
    if (wish.what != "abort") return {};
    return refuse(
        ErrorKind::conflict,
        "deploy.aborted",
        "Aborted by " + wish.who + (wish.reason.empty() ? "." : ": " + wish.reason + ".")
    );
}

Interrupt Controller::interrupter() {
    return [this](std::string doing) {
        doing_ = std::move(doing);
        return interrupt();
    };
}

Task<> Controller::listen(Parts parts, DeploymentId id, std::shared_ptr<Heard> heard) {
    trace::Trace untraced(parts.telemetry.clock, parts.telemetry.random);
    const auto context = untraced.begin(std::nullopt, 0);
    SteadyTime asked{};
    while (!heard->is_over) {
        co_await sleep_for(milliseconds(100));
        const SteadyTime now = parts.telemetry.clock.steady();
        if (heard->is_over || now - asked < wish_period || heard->wish.what == "abort") continue;
        asked = now;
        try {
            Wish wish = co_await parts.hooks.wish(context, id);
            if (heard->wish.what != "abort") heard->wish = std::move(wish);
        } catch (const pg::Fault&) {
            continue;  // no database, no wish; Ctrl-C and a rollback still work
        }
    }
}

Task<Result<Plan>> Controller::make(trace::Context context) {
    auto nodes =
        ACME_TRY(co_await nodes_now(parts_.driver, parts_.balancer, parts_.fetch, context));
    const auto stored = ACME_TRY(co_await parts_.driver.releases());
    const auto found = std::ranges::find(stored, goal_.release, &Stored::id);
    if (found == stored.end()) {
        co_return refuse(
            ErrorKind::not_found,
            "deploy.unknown_release",
            "The machines have no release " + goal_.release + ". acme release list shows them."
        );
    }
    stored_ = *found;
    if (goal_.known_good.empty()) goal_.known_good = known_good_of(nodes);
    std::erase_if(nodes, [this](const NodeNow& node) {
        return std::ranges::find(left_out_, node.name) != left_out_.end();
    });
    if (!goal_.is_return && !order_.goes_on) {
        co_await add_cpu_peaks(parts_.fetch, context, nodes);
    }
    co_return make_plan(std::move(nodes), goal_, limits_);
}

/// A node that the order names counts more. Who goes on with a deployment does it as it was begun.
Result<> Controller::heed_fleet() {
    if (order_.is_return || order_.goes_on || !parts_.hooks.fleet) return {};
    const auto fleet = parts_.hooks.fleet(order_.environment);
    if (!fleet) return std::unexpected(fleet.error());
    if (order_.canary.empty()) order_.canary = fleet->canary;
    order_.is_sticky = fleet->is_sticky;
    return {};
}

void Controller::aim(const Told& told) {
    const bool is_recorded = told.deployment.state == "succeeded";
    if (const auto begun_with = strategy_of(told.deployment.strategy)) {
        order_.strategy = *begun_with;
    }
    if (told.is_begun) order_.is_sticky = told.deployment.is_sticky;
    limits_ = order_.limits;
    if (is_recorded && told.left) limits_.watch = *told.left;
    goal_ = {
        .release = order_.release,
        .known_good = order_.is_return ? order_.release : order_.known_good,
        .is_return = order_.is_return,
        .canary_passed = told.deployment.canary_passed,
        .is_recorded = is_recorded,
        .canary = order_.canary,
        .is_production = order_.is_production,
        .strategy = order_.strategy,
        .accepts_load = order_.goes_on || !order_.accept_load.empty(),
        .is_sticky = order_.is_sticky,
    };
}

Task<Result<Plan>> Controller::plan(trace::Context context, const Order& order) {
    order_ = order;
    ACME_TRY(heed_fleet());
    aim({});
    co_return co_await make(context);
}

Claim Controller::claim() const {
    if (goal_.is_return) return Claim::rollback;
    const bool is_watched = goal_.is_recorded || state_ == "succeeded";
    return is_watched ? Claim::watch : Claim::deployment;
}

/// Whatever else runs is about another release, and would go on when this one has ended.
bool Controller::is_there_nothing_to_end() const {
    return std::ranges::none_of(parts_.journal.told(), [this](const Told& told) {
        const Deployment& one = told.deployment;
        const bool is_watched = one.state == "succeeded" && one.release == order_.release;
        return one.id != order_.id && one.environment == order_.environment && !one.has_ended() &&
               !is_watched;
    });
}

Task<Result<Ending>> Controller::run(trace::Context context, Order order) {
    order_ = std::move(order);
    ACME_TRY(heed_fleet());
    Told told = co_await parts_.journal.open(context, order_.id);
    aim(told);
    if (order_.is_return && !order_.goes_on) {
        // Nobody is disturbed for nothing.
        const Plan plan = ACME_TRY(co_await make(context));
        if (plan.steps.empty() && is_there_nothing_to_end()) co_return Ending{};
    }
    // Whoever goes on with a deployment is another holder than who began it.
    std::string holder = (order_.is_return ? "rollback " : "deployment ") + order_.id.str() +
                         " by " + order_.actor + ", run ";
    append_hex(holder, parts_.telemetry.random.number());
    hold_ = std::make_shared<Hold>(parts_.driver, parts_.telemetry, std::move(holder));
    ACME_TRY(co_await hold_->take(claim()));
    const Executor executor = co_await asio::this_coro::executor;
    parts_.tasks.spawn(executor, "deploy.renew", Hold::renew(hold_));
    if (!order_.is_return) {
        parts_.tasks.spawn(executor, "deploy.listen", listen(parts_, order_.id, heard_));
    }
    const AtEnd at_end{*hold_, *heard_};
    std::exception_ptr broken;
    Result<Ending> ending;
    try {
        ending = order_.goes_on ? co_await go_on(context) : co_await run_held(context);
    } catch (...) {
        broken = std::current_exception();
    }
    co_await hold_->let_go();  // also then: whoever comes next need not wait until it is over
    if (broken) std::rethrow_exception(broken);
    co_return ending;
}

Task<Result<Ending>> Controller::run_held(trace::Context context) {
    const Plan plan = ACME_TRY(co_await make(context));
    if (!order_.plan_digest.empty() && plan.digest() != order_.plan_digest) {
        co_return refuse(
            ErrorKind::conflict,
            "deploy.plan_moved",
            "The nodes are not as they were when this plan was made. Make a new one."
        );
    }
    if (order_.is_return) {
        ACME_TRY(co_await expect_queued(context));
        co_await begin(context, plan);
        co_return co_await back(context, "");
    }
    if (plan.steps.empty()) co_return Ending{};
    const std::string passes = ACME_TRY(co_await parts_.hooks.may_deploy(
        context,
        {.environment = order_.environment,
         .release = order_.release,
         .deployment = order_.id.str(),
         .actor = {.name = order_.actor},
         .break_glass = order_.break_glass}
    ));
    ACME_TRY(co_await expect_queued(context));
    co_await begin(context, plan);
    if (!passes.empty()) co_await tell(context, "note", {{"text", passes}});
    if (!order_.accept_load.empty()) {
        co_await tell(context, "note", {{"text", "load accepted: " + order_.accept_load}});
    }
    co_return co_await forward(context, plan);
}

/// Somebody may have queued another in its place, or aborted it, since it was chosen.
Task<Result<>> Controller::expect_queued(trace::Context context) {
    if (!order_.is_queued) co_return done;
    const std::string state = co_await parts_.journal.state_of(context, order_.id);
    if (state == "queued") co_return done;
    if (state.empty()) {
        co_return refuse(
            ErrorKind::unavailable, "journal.away", "PostgreSQL does not say whether it waits."
        );
    }
    co_return refuse(ErrorKind::conflict, "deploy.not_queued", "It is " + state + " by now.");
}

/// What ran before has ended with that: by a rollback, or by a newer release (PIPE: the newest
/// wins).
Task<> Controller::begin(trace::Context context, const Plan& plan) {
    co_await tell(
        context,
        "begun",
        {{"environment", order_.environment},
         {"kind", order_.is_return ? "rollback" : "release"},
         {"release", order_.release},
         {"from", plan.from},
         {"known_good", goal_.known_good},
         {"actor", order_.actor},
         {"reason", order_.reason},
         {"canary", order_.canary},
         {"canary_window_ms", limits_.canary_window.count()},
         {"strategy", name_of(order_.strategy)},
         {"sticky", order_.is_sticky},
         {"load", plan.load},
         {"digest", stored_.digest},
         {"added_at", to_rfc3339(stored_.added_at)},
         {"fence", hold_->fence().number}}
    );
    co_await cancel_others(context, hold_->fence().number, parts_.telemetry.clock.now());
}

/// By one whose number is `fence` and that was begun then.
Task<> Controller::cancel_others(trace::Context context, std::int64_t fence, WallTime begun_at) {
    const std::string by = order_.actor + ", " + order_.id.str();
    co_await tell(
        context,
        "cancels",
        {{"environment", order_.environment},
         {"outcome", (order_.is_return ? "rolled back by " : "a newer one was begun by ") + by},
         {"state", order_.is_return ? "cancelled" : "superseded"},
         {"fence", fence},
         {"begun_at", to_rfc3339(begun_at)}}
    );
}

/// Who had the machines until now may have ended it, by itself or by a newer one.
Task<std::optional<Ending>> Controller::ended_meanwhile(trace::Context context, Told told) {
    const Deployment& own = told.deployment;
    if (own.has_ended()) co_return Ending{.state = own.state, .outcome = own.outcome};
    for (const Told& other : parts_.journal.told()) {
        const Deployment& one = other.deployment;
        if (one.environment != order_.environment) continue;
        if (one.id == order_.id && one.has_ended()) co_return Ending{one.state, one.outcome};
        if (own.fence > 0 && one.fence > own.fence) {
            co_return Ending{"superseded", "taken over by " + one.id.str()};
        }
    }
    const std::string state = co_await parts_.journal.state_of(context, order_.id);
    if (is_end(state)) co_return Ending{.state = state, .outcome = ""};
    co_return std::nullopt;
}

/// The world may have changed since a controller died: what cannot go forward any more goes back.
Task<Result<Ending>> Controller::go_on(trace::Context context) {
    const Told told = co_await parts_.journal.open(context, order_.id);
    if (const auto ended = co_await ended_meanwhile(context, told)) co_return *ended;
    aim(told);
    const auto plan = co_await make_in_time(context);
    if (!plan && plan.error().kind == ErrorKind::unavailable) {
        co_return std::unexpected(plan.error());
    }
    co_await take_up(context, told);
    if (order_.is_return || state_ == "rolling_back") co_return co_await back(context, "");
    if (!plan) co_return co_await back(context, plan.error().message);
    co_return co_await forward(context, *plan);
}

/// Every step that was begun has an end, also when nobody is left to tell of it.
Task<> Controller::take_up(trace::Context context, const Told& told) {
    state_ = told.deployment.state;
    step_number_ = told.last_step;
    co_await tell(context, "taken", {{"fence", hold_->fence().number}});
    for (const std::int64_t number : told.open_steps) {
        co_await tell(
            context,
            "step_ended",
            {{"number", number}, {"result", "lost"}, {"evidence", "its controller was lost"}}
        );
    }
    // The one before may have been lost before it came to that.
    if (told.is_begun) {
        co_await cancel_others(context, told.deployment.fence, told.deployment.begun_at);
    }
    const std::string node = order_.own_node.empty() ? order_.actor : order_.own_node;
    co_await tell(context, "note", {{"text", "gone on with by " + node}});
}

}  // namespace acme::deploy
