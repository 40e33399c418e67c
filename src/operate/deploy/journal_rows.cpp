#include "operate/deploy/journal_rows.hpp"

#include "io/http/time.hpp"
#include "operate/changes/changes.hpp"
#include "operate/changes/freezes.hpp"
#include "operate/changes/moment.hpp"
#include "platform/audit/audit.hpp"
#include "platform/events/events.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::deploy {
namespace {

namespace json = boost::json;

constexpr pg::Query find_last{"deploy.last_record", R"sql(
    SELECT coalesce(max(seq), 0) FROM deployment_records WHERE deployment_id = $1
)sql"};

constexpr pg::Query add_record{"deploy.add_record", R"sql(
    INSERT INTO deployment_records (deployment_id, seq, at, kind, data)
    VALUES ($1, $2, $3, $4, $5::text::jsonb) ON CONFLICT DO NOTHING RETURNING 1
)sql"};

constexpr pg::Query begin_deployment{"deploy.begin", R"sql(
    INSERT INTO deployments (id, environment, kind, release, from_release, known_good, state, actor,
                             reason, canary, canary_window_ms, begun_at, fence)
    VALUES ($1, $2, $3, $4, $5, $6, 'checking', $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO UPDATE SET
        state = 'checking', from_release = $5, known_good = $6, begun_at = $11, fence = $12,
        ended_at = NULL, outcome = ''
)sql"};

constexpr pg::Query see_release{"deploy.see_release", R"sql(
    INSERT INTO releases (environment, id, first_at, digest, added_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (environment, id) DO UPDATE SET
        digest = coalesce(releases.digest, $4), added_at = coalesce(releases.added_at, $5)
)sql"};

// The one that the platform began with was never deployed, and is one to return to all the same.
constexpr pg::Query see_known_good{"deploy.see_known_good", R"sql(
    INSERT INTO releases (environment, id, first_at, good_at) VALUES ($1, $2, $3, $3)
    ON CONFLICT (environment, id) DO UPDATE SET good_at = coalesce(releases.good_at, $3)
)sql"};

constexpr pg::Query set_state{"deploy.set_state", R"sql(
    UPDATE deployments SET
        state = $2,
        outcome = CASE WHEN $3 = '' THEN outcome ELSE $3 END,
        succeeded_at = CASE WHEN $2 = 'succeeded' THEN $4 ELSE succeeded_at END,
        ended_at = CASE WHEN $2 IN ('good', 'rolled_back', 'rollback_failed', 'refused',
                                    'superseded', 'cancelled') THEN $4 ELSE ended_at END
    WHERE id = $1 AND ended_at IS NULL
)sql"};

constexpr pg::Query read_state{"deploy.state", "SELECT state FROM deployments WHERE id = $1"};

constexpr pg::Query find_environment{"deploy.environment", R"sql(
    SELECT environment FROM deployments WHERE id = $1 AND ended_at IS NULL
)sql"};

constexpr pg::Query set_plan{"deploy.set_plan", R"sql(
    UPDATE deployments SET plan = $2::text::jsonb WHERE id = $1
)sql"};

constexpr pg::Query set_passed{"deploy.set_passed", R"sql(
    UPDATE deployments SET canary_passed = true WHERE id = $1
)sql"};

constexpr pg::Query begin_step{"deploy.begin_step", R"sql(
    INSERT INTO deployment_steps (deployment_id, number, kind, nodes, about, undo, begun_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query end_step{"deploy.end_step", R"sql(
    UPDATE deployment_steps SET ended_at = $3, result = $4, evidence = $5
    WHERE deployment_id = $1 AND number = $2
)sql"};

constexpr pg::Query add_sample{"deploy.add_sample", R"sql(
    INSERT INTO deployment_samples (deployment_id, at, sample) VALUES ($1, $2, $3::text::jsonb)
    ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query set_current{"deploy.set_current", R"sql(
    INSERT INTO environments (name, current_release, known_good, deployment_id, changed_at, fence)
    SELECT environment, $2, $3, id, $4, $5 FROM deployments WHERE id = $1
    ON CONFLICT (name) DO UPDATE SET
        current_release = $2, known_good = $3, deployment_id = $1, changed_at = $4, fence = $5
    WHERE environments.fence < $5 OR environments.changed_at <= $4
)sql"};

constexpr pg::Query find_actor{"deploy.actor", R"sql(
    SELECT environment, actor FROM deployments WHERE id = $1
)sql"};

constexpr pg::Query set_good{"deploy.set_good", R"sql(
    INSERT INTO releases (environment, id, first_at, good_at)
    SELECT environment, $2, $3, $3 FROM deployments WHERE id = $1
    ON CONFLICT (environment, id) DO UPDATE SET good_at = coalesce(releases.good_at, $3)
)sql"};

/// As is_before() in told.cpp has it.
constexpr pg::Query cancel_others{"deploy.cancel_others", R"sql(
    UPDATE deployments SET
        state = CASE WHEN $5::text = 'cancelled' AND state = 'succeeded' THEN 'rolled_back'
                     ELSE $5::text END,
        outcome = $3, ended_at = $4
    WHERE environment = $2 AND id <> $1 AND ended_at IS NULL
      AND CASE WHEN fence > 0 THEN fence < $6 ELSE begun_at <= coalesce($7::timestamptz, $4) END
)sql"};

/// Nobody else tells of them any more.
constexpr pg::Query end_lost_steps{"deploy.end_lost_steps", R"sql(
    UPDATE deployment_steps SET ended_at = $2, result = 'lost',
                                evidence = 'the deployment ended without it'
    WHERE ended_at IS NULL AND deployment_id IN (
        SELECT id FROM deployments WHERE ended_at IS NOT NULL AND environment = (
            SELECT environment FROM deployments WHERE id = $1
        )
    )
)sql"};

constexpr pg::Query set_fence{"deploy.set_fence", R"sql(
    UPDATE deployments SET fence = $2 WHERE id = $1
)sql"};

constexpr pg::Query select_told{"deploy.told", R"sql(
    SELECT seq, at, kind, data FROM deployment_records
    WHERE deployment_id = $1 AND (kind <> 'sample' OR seq = (
        SELECT max(seq) FROM deployment_records WHERE deployment_id = $1 AND kind = 'sample'
    ))
    ORDER BY seq
)sql"};

std::optional<std::string> text_or_none(const Record& record, std::string_view name) {
    std::string text = record.text(name);
    if (text.empty()) return std::nullopt;
    return text;
}

/// Programs of older releases tell neither digest nor when it came.
Task<> see_releases(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const std::string environment = record.text("environment");
    const auto known_good = text_or_none(record, "known_good");
    if (known_good) {
        co_await transaction.run(context, see_known_good, environment, *known_good, record.at);
    }
    co_await transaction.run(
        context,
        see_release,
        environment,
        record.text("release"),
        record.at,
        text_or_none(record, "digest"),
        changes::parse_time(record.text("added_at"))
    );
}

Task<> apply_begun(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const json::object& data = record.data;
    co_await transaction.run(
        context,
        begin_deployment,
        record.deployment,
        record.text("environment"),
        record.text("kind"),
        record.text("release"),
        record.text("from"),
        record.text("known_good"),
        record.text("actor"),
        record.text("reason"),
        record.text("canary"),
        record.number("canary_window_ms"),
        record.at,
        record.number("fence")
    );
    co_await see_releases(context, transaction, record);
    co_await audit::record(
        transaction,
        context,
        {.name = record.text("actor")},
        {.action = "deploy.begin", .target = record.deployment.str(), .after = json::serialize(data)
        }
    );
}

/// Nobody deploys onto what a person has to look at first (PIPE-12).
Task<> freeze(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const auto rows = co_await transaction.run(context, find_environment, record.deployment);
    if (rows.empty()) co_return;
    changes::NewFreeze wanted{
        .environment = rows[0].text(),
        .reason = "the way back of " + record.deployment.str() + " failed",
        .source = "deployment",
    };
    co_await changes::Freezes::begin(transaction, context, {}, std::move(wanted), record.at);
}

Task<> apply_current(trace::Context context, pg::Transaction& transaction, const Record& record) {
    co_await transaction.run(
        context,
        set_current,
        record.deployment,
        record.text("release"),
        record.text("known_good"),
        record.at,
        record.number("fence")
    );
}

/// What runs from now on, and that it changed: in the transaction of its state (PIPE-11).
Task<> apply_new_current(
    trace::Context context, pg::Transaction& transaction, const Record& record
) {
    const auto rows = co_await transaction.run(context, find_actor, record.deployment);
    if (rows.empty()) co_return;
    pg::Row row = rows[0];
    co_await apply_current(context, transaction, record);
    const bool is_return = record.text("state") == "rolled_back";
    changes::Change change{
        .kind = is_return ? "rollback" : "deployment",
        .ref = record.deployment.str(),
        .summary = record.text("release") + " is the current release" + (is_return ? " again" : ""),
        .environment = row.text(),
        .actor = row.text(),
        .at = record.at,
    };
    co_await changes::record(transaction, context, std::move(change));
}

Task<> apply_state(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const std::string state = record.text("state");
    if (state == "rollback_failed") co_await freeze(context, transaction, record);
    co_await transaction.run(
        context, set_state, record.deployment, state, record.text("outcome"), record.at
    );
    if (!record.text("release").empty()) co_await apply_new_current(context, transaction, record);
    if (is_end(state)) {
        co_await transaction.run(context, end_lost_steps, record.deployment, record.at);
    }
    co_await audit::record(
        transaction,
        context,
        {},
        {.action = "deploy.state",
         .target = record.deployment.str(),
         .after = json::serialize(record.data)}
    );
}

Task<> apply_step(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const auto number = record.number("number");
    if (record.kind == "step_ended") {
        co_await transaction.run(
            context,
            end_step,
            record.deployment,
            number,
            record.at,
            record.text("result"),
            record.text("evidence")
        );
        co_return;
    }
    co_await transaction.run(
        context,
        begin_step,
        record.deployment,
        number,
        record.text("kind"),
        record.text("nodes"),
        record.text("about"),
        record.text("undo"),
        record.at
    );
}

Task<> apply_meaning(trace::Context context, pg::Transaction& transaction, const Record& record) {
    const json::object& data = record.data;
    const DeploymentId id = record.deployment;
    if (record.kind == "begun") co_await apply_begun(context, transaction, record);
    if (record.kind == "state") co_await apply_state(context, transaction, record);
    if (record.kind.starts_with("step_")) co_await apply_step(context, transaction, record);
    if (record.kind == "plan") {
        co_await transaction.run(context, set_plan, id, json::serialize(data));
    }
    if (record.kind == "cancels") {
        co_await transaction.run(
            context,
            cancel_others,
            id,
            record.text("environment"),
            record.text("outcome"),
            record.at,
            state_of_cancelled(record),
            record.number("fence"),
            changes::parse_time(record.text("begun_at"))
        );
        co_await transaction.run(context, end_lost_steps, id, record.at);
    }
    if (record.kind == "taken") {
        co_await transaction.run(context, set_fence, id, record.number("fence"));
    }
    if (record.kind == "passed") co_await transaction.run(context, set_passed, id);
    if (record.kind == "sample") {
        co_await transaction.run(context, add_sample, id, record.at, json::serialize(data));
    }
    if (record.kind == "current") co_await apply_current(context, transaction, record);
    if (record.kind == "good") {
        co_await transaction.run(context, set_good, id, record.text("release"), record.at);
    }
}

/// For those who look: the record as GET /v1/deployments/{id}/events shows it.
Task<> publish(trace::Context context, pg::Transaction& transaction, const Record& record) {
    co_await events::publish(
        transaction,
        context,
        {.topic = "deployments",
         .id = record.deployment.str(),
         .verb = "told",
         .data = json::serialize(to_json(record))}
    );
}

}  // namespace

json::object to_json(const Record& record) {
    return {
        {"seq", record.seq},
        {"at", http::to_json(record.at)},
        {"kind", record.kind},
        {"data", record.data},
    };
}

Task<std::int64_t> last_applied(trace::Context context, pg::Database& db, DeploymentId deployment) {
    const auto rows = co_await db.run(context, find_last, deployment);
    co_return rows[0].integer();
}

Task<std::string> find_state(trace::Context context, pg::Database& db, DeploymentId deployment) {
    const auto rows = co_await db.run(context, read_state, deployment);
    co_return rows.empty() ? "" : rows[0].text();
}

Task<std::vector<Record>> find_told(
    trace::Context context, pg::Database& db, DeploymentId deployment
) {
    const auto rows = co_await db.run(context, select_told, deployment);
    std::vector<Record> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({
            .deployment = deployment,
            .seq = row.integer(),
            .at = row.time(),
            .kind = row.text(),
            .data = json::parse(row.text()).as_object(),
        });
    }
    co_return all;
}

Task<> apply(trace::Context context, pg::Database& db, const Record& record) {
    auto transaction = co_await db.begin(context);
    const auto added = co_await transaction.run(
        context,
        add_record,
        record.deployment,
        record.seq,
        record.at,
        record.kind,
        json::serialize(record.data)
    );
    if (!added.empty()) {
        co_await apply_meaning(context, transaction, record);
        co_await publish(context, transaction, record);
    }
    co_await transaction.commit(context);
}

}  // namespace acme::deploy
