#include "operate/deploy/wishes.hpp"

#include "operate/changes/changes.hpp"
#include "operate/changes/freezes.hpp"
#include "platform/events/events.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace acme::deploy {
namespace {

constexpr std::array<std::string_view, 4> names = {"hold", "resume", "promote", "abort"};

constexpr pg::Query find_to_change{"deploy.find_to_change", R"sql(
    SELECT id, environment, kind, release, from_release, known_good, state, actor, reason, outcome,
           canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at, begun_at,
           succeeded_at, ended_at, fence
    FROM deployments WHERE id = $1 FOR UPDATE
)sql"};

// What waits is ended here; should it have begun meanwhile, the wish aborts it.
constexpr pg::Query set_wish{"deploy.wish", R"sql(
    UPDATE deployments SET
        wish = $2, wish_by = $3, wish_reason = $4, wish_at = now(),
        outcome = CASE WHEN $5 THEN 'aborted by ' || $3 ELSE outcome END,
        ended_at = CASE WHEN $5 THEN now() ELSE ended_at END,
        state = CASE WHEN $5 THEN 'cancelled' ELSE state END
    WHERE id = $1
    RETURNING id, environment, kind, release, from_release, known_good, state, actor, reason,
              outcome, canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at,
              begun_at, succeeded_at, ended_at, fence
)sql"};

std::unexpected<Error> cannot(ErrorCode code, std::string message) {
    return refuse(ErrorKind::conflict, code, std::move(message));
}

/// In the states before it, the canary is still to come.
bool is_before_canary(const Deployment& deployment) {
    const std::array<std::string_view, 5> before = {
        "queued", "checking", "building", "scanning", "migrating"
    };
    return std::ranges::find(before, deployment.state) != before.end();
}

Result<> may_promote(const Deployment& deployment) {
    if (deployment.state == "canary" && !deployment.canary_passed) return {};
    if (is_before_canary(deployment)) {
        return cannot("deploy.canary_required", "Nothing is promoted before its canary runs.");
    }
    return cannot("deploy.canary_passed", "The canary has passed: there is nothing to promote.");
}

Result<> may_hold(const Deployment& deployment) {
    if (deployment.state != "canary") {
        return cannot("deploy.no_canary", "Only a canary is held, and none runs now.");
    }
    if (deployment.wish == "hold") {
        return cannot("deploy.is_held", "It is held already, by " + deployment.wish_by + ".");
    }
    return {};
}

Result<> may_abort(const Deployment& deployment) {
    if (deployment.state == "rolling_back" || deployment.wish == "abort") {
        return cannot("deploy.goes_back", "It is on its way back already.");
    }
    return {};
}

bool needs_glass(const Result<>& allowed) {
    return !allowed && allowed.error().code == ErrorCode("deploy.second_person");
}

/// What one person does alone is told where whoever looks for a cause looks.
Task<> tell_glass(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    const Deployment& deployment
) {
    const std::string id = deployment.id.str();
    const std::string& reason = deployment.wish_reason;
    const std::string after = audit::json_of({{"reason", reason}});
    co_await changes::record(
        transaction,
        context,
        {.kind = "break_glass",
         .ref = id,
         .summary = "promoted early by who began it: " + reason,
         .environment = deployment.environment,
         .actor = actor.name,
         .at = deployment.wish_at.value()}
    );
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "deploy.break_glass", .target = id, .after = after}
    );
}

}  // namespace

std::string_view name_of(Action action) { return names.at(static_cast<std::size_t>(action)); }

Result<> may(const Deployment& deployment, Action action) {
    if (deployment.has_ended()) {
        return cannot("deploy.has_ended", "That deployment has ended.");
    }
    const bool is_waiting = deployment.state == "queued";
    if (deployment.kind == "rollback" && !(is_waiting && action == Action::abort)) {
        return cannot("deploy.is_rollback", "A rollback goes on to its end.");
    }
    switch (action) {
        case Action::hold: return may_hold(deployment);
        case Action::resume:
            if (deployment.wish == "hold") return {};
            return cannot("deploy.not_held", "It is not held.");
        case Action::promote: return may_promote(deployment);
        case Action::abort: return may_abort(deployment);
    }
    return {};
}

Result<> may(const Deployment& deployment, Action action, std::string_view who) {
    const auto allowed = may(deployment, action);
    if (!allowed || action != Action::promote || deployment.actor != who) return allowed;
    return cannot(
        "deploy.second_person",
        "Who began it does not promote it early: another person does. Alone, and told to all: "
        "acme deploy promote --break-glass REASON."
    );
}

const Deployment& meant_of(const std::vector<Deployment>& running) {
    const auto begun = std::find_if(running.rbegin(), running.rend(), [](const Deployment& one) {
        return one.state != "queued";
    });
    return begun == running.rend() ? running.back() : *begun;
}

Task<Result<Deployment>> ask(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    DeploymentId id,
    Wish wish
) {
    const auto action = std::ranges::find(names, wish.what);
    if (action == names.end()) {
        co_return refuse(
            ErrorKind::invalid, "deploy.wish", "One holds, resumes, promotes, aborts."
        );
    }
    const auto found = co_await transaction.run(context, find_to_change, id);
    if (found.empty()) {
        co_return refuse(ErrorKind::not_found, "deploy.not_found", "There is no such deployment.");
    }
    const Deployment before = to_deployment(found[0]);
    const auto wanted = static_cast<Action>(action - names.begin());
    const auto allowed = may(before, wanted, actor.name);
    const bool breaks_glass = wish.breaks_glass && needs_glass(allowed);
    if (!allowed && !breaks_glass) co_return std::unexpected(allowed.error());
    if (breaks_glass) ACME_TRY(changes::check_reason(wish.reason));
    const bool is_cancelled = before.state == "queued" && wish.what == "abort";
    const auto changed = co_await transaction.run(
        context, set_wish, id, wish.what, actor.name, wish.reason, is_cancelled
    );
    const Deployment after = to_deployment(changed[0]);
    if (breaks_glass) co_await tell_glass(transaction, context, actor, after);
    const std::string told = audit::json_of({{"wish", wish.what}, {"reason", wish.reason}});
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "deploy.wish", .target = id.str(), .after = told}
    );
    co_await events::publish(
        transaction,
        context,
        {.topic = "deployments",
         .id = id.str(),
         .verb = "asked",
         .data = boost::json::serialize(to_json(after))}
    );
    co_return after;
}

}  // namespace acme::deploy
