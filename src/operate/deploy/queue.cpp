#include "operate/deploy/queue.hpp"

#include "platform/events/events.hpp"

#include <boost/json/serialize.hpp>

namespace acme::deploy {
namespace {

constexpr pg::Query find_rollback{"deploy.find_rollback", R"sql(
    SELECT id FROM deployments WHERE environment = $1 AND kind = 'rollback' AND ended_at IS NULL
)sql"};

constexpr pg::Query supersede_older{"deploy.supersede_older", R"sql(
    UPDATE deployments SET state = 'superseded', ended_at = $3, outcome = $4
    WHERE environment = $1 AND kind = $2 AND state = 'queued'
    RETURNING id, environment, kind, release, from_release, known_good, state, actor, reason,
              outcome, canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at,
              begun_at, succeeded_at, ended_at, fence
)sql"};

// What it comes from and returns to is asked of the machines when it begins.
constexpr pg::Query add_queued{"deploy.add_queued", R"sql(
    INSERT INTO deployments (id, environment, kind, release, from_release, known_good, state, actor,
                             reason, canary, canary_window_ms, begun_at)
    VALUES ($1, $2, $3, $4, '', '', 'queued', $5, $6, $7, $8, $9)
    RETURNING id, environment, kind, release, from_release, known_good, state, actor, reason,
              outcome, canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at,
              begun_at, succeeded_at, ended_at, fence
)sql"};

Task<> tell(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    std::string_view action,  // a literal
    std::string_view verb,    // a literal
    Deployment deployment
) {
    const std::string shown = boost::json::serialize(to_json(deployment));
    const std::string id = deployment.id.str();
    co_await audit::record(
        transaction, context, std::move(actor), {.action = action, .target = id, .after = shown}
    );
    co_await events::publish(
        transaction, context, {.topic = "deployments", .id = id, .verb = verb, .data = shown}
    );
}

}  // namespace

Task<Result<Deployment>> queue(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    Wanted wanted,
    WallTime now
) {
    const std::string kind = wanted.is_return ? "rollback" : "release";
    if (!wanted.is_return) {
        const auto rollback = co_await transaction.run(context, find_rollback, wanted.environment);
        if (!rollback.empty()) {
            co_return refuse(
                ErrorKind::conflict,
                "deploy.rollback_runs",
                "A rollback runs; nothing new is deployed before its end."
            );
        }
    }
    const std::string outcome = wanted.id.str() + " waits in its place";
    const auto older =
        co_await transaction.run(context, supersede_older, wanted.environment, kind, now, outcome);
    for (int i = 0; i < older.size(); ++i) {
        const Deployment one = to_deployment(older[i]);
        co_await tell(transaction, context, actor, "deploy.supersede", "superseded", one);
    }
    const auto added = co_await transaction.run(
        context,
        add_queued,
        wanted.id,
        wanted.environment,
        kind,
        wanted.release,
        actor.name,
        wanted.reason,
        wanted.canary,
        wanted.is_return ? 0 : wanted.canary_window.count(),
        now
    );
    Deployment deployment = to_deployment(added[0]);
    co_await tell(transaction, context, actor, "deploy.queue", "queued", deployment);
    co_return deployment;
}

}  // namespace acme::deploy
