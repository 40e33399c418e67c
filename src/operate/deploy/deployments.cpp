#include "operate/deploy/deployments.hpp"

#include "io/http/time.hpp"
#include "operate/deploy/wishes.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace acme::deploy {
namespace {

namespace json = boost::json;

constexpr pg::Query list_newest{"deploy.list", R"sql(
    SELECT id, environment, kind, release, from_release, known_good, state, actor, reason, outcome,
           canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at, begun_at,
           succeeded_at, ended_at, fence
    FROM deployments WHERE environment = $1 ORDER BY begun_at DESC, id DESC LIMIT $2
)sql"};

constexpr pg::Query list_page{"deploy.page", R"sql(
    SELECT id, environment, kind, release, from_release, known_good, state, actor, reason, outcome,
           canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at, begun_at,
           succeeded_at, ended_at, fence
    FROM deployments
    WHERE environment = $1 AND (cardinality($2::text[]) = 0 OR state = ANY($2))
      AND ($3::uuid IS NULL OR id < $3)
    ORDER BY id DESC LIMIT $4
)sql"};

constexpr pg::Query read_plan{"deploy.plan", "SELECT plan::text FROM deployments WHERE id = $1"};

constexpr pg::Query find_one{"deploy.find", R"sql(
    SELECT id, environment, kind, release, from_release, known_good, state, actor, reason, outcome,
           canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at, begun_at,
           succeeded_at, ended_at, fence
    FROM deployments WHERE id = $1
)sql"};

constexpr pg::Query list_running{"deploy.running", R"sql(
    SELECT id, environment, kind, release, from_release, known_good, state, actor, reason, outcome,
           canary, canary_window_ms, canary_passed, wish, wish_by, wish_reason, wish_at, begun_at,
           succeeded_at, ended_at, fence
    FROM deployments WHERE environment = $1 AND ended_at IS NULL ORDER BY begun_at, id
)sql"};

constexpr pg::Query list_steps{"deploy.steps", R"sql(
    SELECT number, kind, nodes, about, undo, begun_at, ended_at, result, evidence
    FROM deployment_steps WHERE deployment_id = $1 ORDER BY number
)sql"};

constexpr pg::Query list_samples{"deploy.samples", R"sql(
    SELECT at, sample FROM (
        SELECT at, sample FROM deployment_samples WHERE deployment_id = $1 ORDER BY at DESC LIMIT $2
    ) newest ORDER BY at
)sql"};

constexpr pg::Query list_records{"deploy.records", R"sql(
    SELECT seq, at, kind, data FROM deployment_records
    WHERE deployment_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
)sql"};

constexpr pg::Query end_older{"deploy.supersede", R"sql(
    UPDATE deployments SET state = 'superseded', ended_at = now(),
                           outcome = 'a newer one waits'
    WHERE environment = $1 AND kind = 'release' AND state = 'queued'
      AND (begun_at, id) < (
          SELECT begun_at, id FROM deployments WHERE id = $2 AND state = 'queued'
      )
)sql"};

constexpr pg::Query read_wish{"deploy.wish_of", R"sql(
    SELECT wish, wish_by, wish_reason FROM deployments WHERE id = $1
)sql"};

constexpr pg::Query read_endings{"deploy.endings", R"sql(
    SELECT state FROM deployments
    WHERE environment = $1 AND kind = 'release'
      AND state IN ('succeeded', 'good', 'rolled_back', 'rollback_failed')
    ORDER BY begun_at DESC, id DESC LIMIT 100
)sql"};

constexpr pg::Query delete_samples{"deploy.sweep_samples", R"sql(
    WITH gone AS (DELETE FROM deployment_samples WHERE at < $1)
    DELETE FROM deployment_records WHERE kind = 'sample' AND at < $1
)sql"};

std::vector<Deployment> to_deployments(const pg::Rows& rows) {
    std::vector<Deployment> all;
    for (int i = 0; i < rows.size(); ++i) all.push_back(to_deployment(rows[i]));
    return all;
}

json::value time_or_null(const std::optional<WallTime>& time) {
    return time ? json::value(http::to_json(*time)) : json::value(nullptr);
}

}  // namespace

Deployment to_deployment(pg::Row row) {
    return {
        .id = row.id<DeploymentId>(),
        .environment = row.text(),
        .kind = row.text(),
        .release = row.text(),
        .from_release = row.text(),
        .known_good = row.text(),
        .state = row.text(),
        .actor = row.text(),
        .reason = row.text(),
        .outcome = row.text(),
        .canary = row.text(),
        .canary_window_ms = row.integer(),
        .canary_passed = row.boolean(),
        .wish = row.text(),
        .wish_by = row.text(),
        .wish_reason = row.text(),
        .wish_at = row.time_or_null(),
        .begun_at = row.time(),
        .succeeded_at = row.time_or_null(),
        .ended_at = row.time_or_null(),
        .fence = row.integer(),
    };
}

json::object to_json(const Deployment& deployment) {
    return {
        {"id", deployment.id.str()},
        {"environment", deployment.environment},
        {"kind", deployment.kind},
        {"release", deployment.release},
        {"from_release", deployment.from_release},
        {"known_good", deployment.known_good},
        {"state", deployment.state},
        {"actor", deployment.actor},
        {"reason", deployment.reason},
        {"outcome", deployment.outcome},
        {"canary", deployment.canary},
        {"canary_window_ms", deployment.canary_window_ms},
        {"canary_passed", deployment.canary_passed},
        {"wish", deployment.wish},
        {"wish_by", deployment.wish_by},
        {"wish_reason", deployment.wish_reason},
        {"wish_at", time_or_null(deployment.wish_at)},
        {"begun_at", http::to_json(deployment.begun_at)},
        {"succeeded_at", time_or_null(deployment.succeeded_at)},
        {"ended_at", time_or_null(deployment.ended_at)},
    };
}

json::object to_json(const StepRow& step) {
    return {
        {"number", step.number},
        {"kind", step.kind},
        {"nodes", step.nodes},
        {"about", step.about},
        {"undo", step.undo},
        {"begun_at", http::to_json(step.begun_at)},
        {"ended_at", time_or_null(step.ended_at)},
        {"result", step.result},
        {"evidence", step.evidence},
    };
}

Task<std::vector<Deployment>> Deployments::list(
    trace::Context context, std::string environment, int limit
) {
    co_return to_deployments(co_await db_.run(context, list_newest, environment, limit));
}

Task<Result<Deployment>> Deployments::find(trace::Context context, DeploymentId id) {
    const auto rows = co_await db_.run(context, find_one, id);
    if (!rows.empty()) co_return to_deployment(rows[0]);
    co_return refuse(ErrorKind::not_found, "deploy.not_found", "There is no such deployment.");
}

Task<std::vector<StepRow>> Deployments::steps(trace::Context context, DeploymentId id) {
    const auto rows = co_await db_.run(context, list_steps, id);
    std::vector<StepRow> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({
            .number = row.integer(),
            .kind = row.text(),
            .nodes = row.text(),
            .about = row.text(),
            .undo = row.text(),
            .begun_at = row.time(),
            .ended_at = row.time_or_null(),
            .result = row.text(),
            .evidence = row.text(),
        });
    }
    co_return all;
}

Task<std::vector<Deployment>> Deployments::page(
    trace::Context context, Filter filter, std::optional<DeploymentId> after, int limit
) {
    co_return to_deployments(co_await db_.run(
        context,
        list_page,
        filter.environment,
        filter.states,
        after,
        std::clamp(limit, 1, list_max + 1)
    ));
}

Task<std::optional<std::string>> Deployments::plan_of(trace::Context context, DeploymentId id) {
    const auto rows = co_await db_.run(context, read_plan, id);
    if (rows.empty()) co_return std::nullopt;
    co_return rows[0].text_or_null();
}

Task<std::vector<SampleRow>> Deployments::samples(
    trace::Context context, DeploymentId id, int limit
) {
    const auto rows = co_await db_.run(context, list_samples, id, limit);
    std::vector<SampleRow> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({.at = row.time(), .json = row.text()});
    }
    co_return all;
}

Task<std::vector<Record>> Deployments::records(
    trace::Context context, DeploymentId id, std::int64_t after
) {
    const auto rows = co_await db_.run(context, list_records, id, after, records_max);
    std::vector<Record> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({
            .deployment = id,
            .seq = row.integer(),
            .at = row.time(),
            .kind = row.text(),
            .data = json::parse(row.text()).as_object(),
        });
    }
    co_return all;
}

Task<std::vector<Deployment>> Deployments::running(
    trace::Context context, std::string environment
) {
    co_return to_deployments(co_await db_.run(context, list_running, environment));
}

Task<> Deployments::supersede(
    trace::Context context, std::string environment, DeploymentId newest
) {
    co_await db_.run(context, end_older, environment, newest);
}

Task<Result<>> Deployments::wish(trace::Context context, DeploymentId id, Wish wish) {
    auto transaction = co_await db_.begin(context);
    const audit::Actor actor{.name = wish.who};
    ACME_TRY(co_await ask(transaction, context, actor, id, std::move(wish)));
    co_await transaction.commit(context);
    co_return done;
}

Task<Wish> Deployments::wish_of(trace::Context context, DeploymentId id) {
    const auto rows = co_await db_.run(context, read_wish, id);
    if (rows.empty()) co_return Wish{};
    pg::Row row = rows[0];
    co_return Wish{.what = row.text(), .who = row.text(), .reason = row.text()};
}

Task<> Deployments::sweep(trace::Context context, WallTime now) {
    co_await db_.run(context, delete_samples, now - samples_kept_for);
}

Task<std::int64_t> Deployments::consecutive_failures(
    trace::Context context, std::string environment
) {
    const auto rows = co_await db_.run(context, read_endings, environment);
    std::int64_t failures = 0;
    while (failures < rows.size() && rows[static_cast<int>(failures)].text().starts_with("roll")) {
        ++failures;
    }
    co_return failures;
}

}  // namespace acme::deploy
