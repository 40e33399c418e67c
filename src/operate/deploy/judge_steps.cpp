// The steps that wait and look: the canary's window, a batch's, and the watch.
#include "io/loop/loop.hpp"
#include "operate/deploy/controller.hpp"
#include "operate/deploy/share.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{100};
constexpr milliseconds share_period{1'000};  // of asking who is in rotation
constexpr milliseconds silence_max{20'000};  // after the window: what hangs may hold up a look

}  // namespace

/// Looks every 5 s. A hold puts the end off, and looking goes on; a promotion makes it now, by the
/// same rules, as soon as enough was seen.
Task<Result<std::string>> Controller::judge(
    trace::Context context, Judged judged, milliseconds window, std::vector<std::string> fresh
) {
    auto nodes =
        ACME_TRY(co_await nodes_now(parts_.driver, parts_.balancer, parts_.fetch, context));
    if (!reads_ && judged != Judged::watch) {
        reads_ = co_await parts_.hooks.reads(context);
        if (reads_->cookie.empty()) {
            co_await tell(
                context,
                "note",
                {{"text",
                  "nobody can sign in now, so the new release is only asked for what needs nobody"}}
            );
        }
    }
    parts_.judging.start({
        .judged = judged,
        .nodes = std::move(nodes),
        .release = goal_.release,
        .fresh = fresh,
        .reads = reads_.value_or(judge::Reads()),
    });
    const Clock& clock = parts_.telemetry.clock;
    const SteadyTime begun = clock.steady();
    SteadyTime shared = begun;
    std::string told;
    while (true) {
        ACME_TRY(interrupt());
        auto look = co_await parts_.judging.tick();
        const auto time = std::chrono::duration_cast<milliseconds>(clock.steady() - begun);
        const Wish wish = heard_->wish;
        if (wish.what != told && (is_held(judged, wish.what) || wish.what == "resume")) {
            const std::string did = wish.what == "hold" ? "held by " : "resumed by ";
            const std::string why = wish.reason.empty() ? "" : ": " + wish.reason;
            co_await tell(context, "note", {{"text", did + wish.who + why}});
        }
        told = wish.what;
        if (look) {
            look->sample["remaining_ms"] = std::max<std::int64_t>(0, (window - time).count());
            look->sample["held"] = is_held(judged, wish.what);
            co_await tell(context, "sample", std::move(look->sample));
            if (!look->abort.empty()) {
                co_return refuse(ErrorKind::conflict, "deploy.judged_bad", look->abort);
            }
            if (look->alone) ACME_TRY(co_await mend(context, *look->alone));
        }
        if (judged == Judged::canary && clock.steady() - shared >= share_period) {
            shared = clock.steady();
            co_await keep_canary_share(context, fresh.front());
        }
        const bool is_promoted = wish.what == "promote" && judged == Judged::canary;
        if (is_promoted && look) {
            const auto good = co_await parts_.judging.at_end();
            if (good) co_return "promoted early by " + wish.who + ": " + wish.reason;
            if (good.error().code != ErrorCode("deploy.inconclusive")) {
                co_return std::unexpected(good.error());
            }
        }
        if (time >= window && !is_held(judged, wish.what)) {
            const auto good = co_await parts_.judging.at_end();
            if (good) co_return "passed";
            const bool is_silent = good.error().code == ErrorCode("deploy.inconclusive");
            const bool is_late = time >= window + silence_max;
            if (!is_silent || is_late) co_return std::unexpected(good.error());
        }
        co_await sleep_for(look_again);
    }
}

/// A balancer that is away for a moment is no reason to stop: it is asked again at the next look.
/// It knows no fence, so the machines are asked first: whoever took them since they were last
/// renewed may be done already, and what it balanced is not ours to change.
Task<> Controller::keep_canary_share(trace::Context context, std::string canary) {
    const auto held = co_await parts_.driver.held();
    if (!held || held->number != hold_->fence().number) co_return;
    const auto kept = co_await keep_share(parts_.balancer, std::move(canary), goal_.is_sticky);
    if (kept && !kept->empty()) co_await tell(context, "note", {{"text", *kept}});
}

/// One node that fails alone is replaced by itself, and left out when that did not help: the
/// release is not to blame (ROLL-1).
Task<Result<>> Controller::mend(trace::Context context, std::string name) {
    const std::string why = name + " alone fails more than 5 % of its requests";
    if (std::ranges::find(mended_, name) != mended_.end()) {
        if (std::ranges::find(left_out_, name) != left_out_.end()) co_return done;
        ACME_TRY(co_await maintain(name));
        left_out_.push_back(name);
        co_await tell(context, "note", {{"text", why + ", again: it stays out of the balancer"}});
        co_return done;
    }
    mended_.push_back(name);
    co_await tell(
        context,
        "note",
        {{"text", why + ": it is taken out of the balancer and replaced; the release stays"}}
    );
    const NodeNow node = ACME_TRY(co_await node_of(context, name));
    Replacer replacer(
        parts_.driver, parts_.balancer, parts_.fetch, parts_.telemetry.clock, limits_
    );
    const auto replaced = co_await while_here(replacer.replace(
        context, hold_->fence(), facts_for(as_facts(node), "stable"), {}, interrupter()
    ));
    ACME_TRY(interrupt());
    if (replaced) {
        parts_.judging.forget(name);
        co_await tell(context, "note", {{"text", replaced->evidence()}});
        co_return done;
    }
    co_return co_await stay_out(context, std::move(name), replaced.error());
}

Task<Result<>> Controller::stay_out(trace::Context context, std::string name, Error why) {
    ACME_TRY(co_await maintain(name));
    left_out_.push_back(name);
    co_await tell(context, "note", {{"text", name + " stays out of the balancer: " + why.message}});
    co_return done;
}

/// What a controller had drained that was lost as it mended: its successor has only the watch left.
/// Who is in maintenance was left out on purpose.
Task<Result<>> Controller::readmit_drained(trace::Context context) {
    const auto servers = ACME_TRY(co_await parts_.balancer.servers());
    for (const Instance& instance : ACME_TRY(co_await parts_.driver.instances())) {
        const Facts& facts = instance.facts;
        const auto* const server = balancer::server_of(servers, facts.node, facts.address);
        const bool is_drained = server != nullptr && server->admin == balancer::Admin::drain;
        if (!is_drained || facts.role != "serve" || facts.release != goal_.release) continue;
        Replacer replacer(
            parts_.driver, parts_.balancer, parts_.fetch, parts_.telemetry.clock, limits_
        );
        const auto readmitted = co_await while_here(
            replacer.readmit(context, hold_->fence(), facts_for(facts, "stable"), interrupter())
        );
        ACME_TRY(interrupt());
        if (!readmitted && readmitted.error().kind == ErrorKind::unavailable) {
            co_return std::unexpected(readmitted.error());
        }
        if (!readmitted) ACME_TRY(co_await stay_out(context, facts.node, readmitted.error()));
        if (!readmitted) continue;
        co_await tell(
            context, "note", {{"text", facts.node + " was left drained: it takes traffic again"}}
        );
    }
    co_return done;
}

/// A newer deployment need not wait for it. Begun again after its window, it is not judged anew.
Task<Result<std::string>> Controller::watch(trace::Context context) {
    ACME_TRY(co_await hold_->take(Claim::watch));
    if (!watched_) {
        ACME_TRY(co_await readmit_drained(context));
        watched_ = ACME_TRY(co_await judge(context, Judged::watch, limits_.watch, {}));
    }
    ACME_TRY(co_await parts_.driver.mark_good(hold_->fence(), goal_.release));
    ACME_TRY(co_await label_all(goal_.release));
    co_await tell(context, "good", {{"release", goal_.release}});
    co_await tell_state(context, "good");
    co_return *watched_;
}

}  // namespace acme::deploy
