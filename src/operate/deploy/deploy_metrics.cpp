#include "operate/deploy/deploy_metrics.hpp"

#include "operate/deploy/dora.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <array>
#include <limits>

namespace acme::deploy {
namespace {

constexpr std::array<std::string_view, 6> results = {
    "good", "rolled_back", "rollback_failed", "refused", "superseded", "cancelled"
};

/// In seconds; the last ones are the limits of a canary's window and of the watch.
const std::vector<double> edges = {0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900};

constexpr pg::Query count_results{"deploy.count_results", R"sql(
    SELECT state, count(*) FROM deployments
    WHERE environment = $1 AND kind = 'release' AND ended_at IS NOT NULL GROUP BY state
)sql"};

// A bucket is the number of edges that are smaller.
constexpr pg::Query sum_steps{"deploy.sum_steps", R"sql(
    WITH steps AS (
        SELECT s.kind, greatest(0, extract(epoch FROM s.ended_at - s.begun_at))::float8 AS took
        FROM deployment_steps s JOIN deployments d ON d.id = s.deployment_id
        WHERE d.environment = $1 AND s.result IN ('done', 'failed')
          AND d.begun_at >= $3 AND ($4::timestamptz IS NULL OR d.begun_at < $4)
    )
    SELECT kind, bucket, count(*), sum(took) FROM steps,
        LATERAL (SELECT count(*) AS bucket FROM unnest($2::float8[]) edge WHERE edge < took) b
    GROUP BY kind, bucket
)sql"};

constexpr pg::Query sum_rollbacks{"deploy.sum_rollbacks", R"sql(
    WITH returns AS (
        SELECT extract(epoch FROM ended_at - begun_at) AS took FROM deployments
        WHERE environment = $1 AND kind = 'rollback' AND state IN ('rolled_back', 'rollback_failed')
        UNION ALL
        SELECT extract(epoch FROM d.ended_at - (
                   SELECT min(r.at) FROM deployment_records r
                   WHERE r.deployment_id = d.id AND r.kind = 'state'
                     AND r.data ->> 'state' = 'rolling_back'))
        FROM deployments d
        WHERE d.environment = $1 AND d.kind = 'release'
          AND d.state IN ('rolled_back', 'rollback_failed')
    ), known AS (
        SELECT greatest(0, took)::float8 AS took FROM returns WHERE took IS NOT NULL
    )
    SELECT bucket, count(*), sum(took) FROM known,
        LATERAL (SELECT count(*) AS bucket FROM unnest($2::float8[]) edge WHERE edge < took) b
    GROUP BY bucket
)sql"};

/// As Replaced::evidence() says it.
constexpr pg::Query sum_cut{"deploy.sum_cut", R"sql(
    SELECT coalesce(sum(found[1]::bigint), 0)::bigint
    FROM deployments d
    JOIN deployment_steps s ON s.deployment_id = d.id,
        regexp_matches(s.evidence, '\((\d+) connections cut\)', 'g') AS found
    WHERE d.environment = $1
      AND d.begun_at >= $2 AND ($3::timestamptz IS NULL OR d.begun_at < $3)
)sql"};

constexpr pg::Query read_share{"deploy.canary_share", R"sql(
    SELECT coalesce((s.sample ->> 'share')::float8, 0)
    FROM deployments d,
        LATERAL (SELECT sample FROM deployment_samples WHERE deployment_id = d.id
                 ORDER BY at DESC LIMIT 1) s
    WHERE d.environment = $1 AND d.state = 'canary' AND d.ended_at IS NULL
    ORDER BY d.begun_at DESC LIMIT 1
)sql"};

/// "{0.5,1,…}"
std::string edges_text() {
    std::string text = "{";
    for (const double edge : edges) {
        if (text.size() > 1) text += ',';
        text += std::to_string(edge);
    }
    return text + "}";
}

void raise(prometheus::Counter& counter, double to) {
    if (to > counter.Value()) counter.Increment(to - counter.Value());
}

}  // namespace

void DeployMetrics::stop() {
    is_stopping_ = true;
    while (!pausing_.empty()) pausing_.give(true);
}

Task<> DeployMetrics::run() {
    while (!is_stopping_) {
        trace::Trace untraced(parts_.telemetry.clock, parts_.telemetry.random);
        try {
            co_await look_at_nodes();
            co_await read(untraced.begin(std::nullopt, 0));
            was_well_ = true;
        } catch (const std::exception& fault) {
            // Once for each outage.
            if (std::exchange(was_well_, false)) {
                parts_.telemetry.log.warn("deploy.metrics", {{"reason", fault.what()}});
            }
        }
        if (!is_stopping_) co_await pausing_.wait(metrics_period);
    }
}

Task<> DeployMetrics::read(trace::Context context) {
    co_await settle(context);
    co_await read_results(context);
    co_await read_steps(context);
    co_await read_rollbacks(context);
    co_await read_gauges(context);
    co_await read_figures(context);
}

Task<> DeployMetrics::look_at_nodes() {
    auto ground = parts_.find_ground();
    if (!ground) co_return;  // no balancer belongs to this program
    const auto servers = co_await ground->balancer->servers();
    double ready = 0;
    if (servers) {
        ready = static_cast<double>(std::ranges::count_if(*servers, [](const auto& server) {
            return server.is_proven && server.admin == balancer::Admin::ready;
        }));
    }
    parts_.telemetry.metrics
        .gauge("acme_app_nodes_ready", "Application nodes that the balancer finds ready.")
        .Set(ready);
}

Task<> DeployMetrics::read_results(trace::Context context) {
    const auto rows = co_await parts_.db.run(context, count_results, parts_.environment);
    std::map<std::string, double> counts;
    for (const std::string_view result : results) counts[std::string(result)] = 0;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        std::string state = row.text();
        counts[std::move(state)] = static_cast<double>(row.integer());
    }
    for (const auto& [result, count] : counts) {
        raise(
            parts_.telemetry.metrics.counter(
                "deployments_total",
                "Releases whose deployment has ended, by how.",
                {{"environment", parts_.environment}, {"result", result}}
            ),
            count
        );
    }
}

Task<> DeployMetrics::settle(trace::Context context) {
    if (settled_until_) co_return;
    const WallTime until = parts_.telemetry.clock.now() - settle_time;
    settled_steps_ = co_await steps_of(context, WallTime(), until);
    settled_cut_ = co_await cut_of(context, WallTime(), until);
    settled_until_ = until;
}

Task<std::map<std::string, DeployMetrics::Shown>> DeployMetrics::steps_of(
    trace::Context context, WallTime from, std::optional<WallTime> to
) {
    const auto rows =
        co_await parts_.db.run(context, sum_steps, parts_.environment, edges_text(), from, to);
    std::map<std::string, Shown> steps;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Shown& step = steps[row.text()];
        step.counts.resize(edges.size() + 1);
        const auto bucket = static_cast<std::size_t>(row.integer());
        step.counts.at(bucket) = static_cast<double>(row.integer());
        step.sum += row.number();
    }
    co_return steps;
}

Task<double> DeployMetrics::cut_of(
    trace::Context context, WallTime from, std::optional<WallTime> to
) {
    const auto rows = co_await parts_.db.run(context, sum_cut, parts_.environment, from, to);
    co_return static_cast<double>(rows[0].integer());
}

Task<> DeployMetrics::read_steps(trace::Context context) {
    auto steps = co_await steps_of(context, *settled_until_, std::nullopt);
    for (const auto& [kind, settled] : settled_steps_) {
        Shown& step = steps[kind];
        step.counts.resize(edges.size() + 1);
        for (std::size_t i = 0; i < edges.size() + 1; ++i) step.counts[i] += settled.counts[i];
        step.sum += settled.sum;
    }
    for (auto& [kind, now] : steps) {
        auto& histogram = parts_.telemetry.metrics.histogram(
            "deploy_step_seconds",
            "How long the steps of deployments took.",
            {{"step", kind}},
            edges
        );
        show(histogram, "step " + kind, std::move(now));
    }
}

Task<> DeployMetrics::read_rollbacks(trace::Context context) {
    const auto rows =
        co_await parts_.db.run(context, sum_rollbacks, parts_.environment, edges_text());
    Shown now{.counts = std::vector<double>(edges.size() + 1)};
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto bucket = static_cast<std::size_t>(row.integer());
        now.counts.at(bucket) = static_cast<double>(row.integer());
        now.sum += row.number();
    }
    auto& histogram = parts_.telemetry.metrics.histogram(
        "acme_rollback_duration_seconds",
        "How long the way back took, by itself or asked for.",
        {},
        edges
    );
    show(histogram, "rollbacks", std::move(now));
}

Task<> DeployMetrics::read_gauges(trace::Context context) {
    Metrics& metrics = parts_.telemetry.metrics;
    const double cut = settled_cut_ + co_await cut_of(context, *settled_until_, std::nullopt);
    const auto share = co_await parts_.db.run(context, read_share, parts_.environment);
    Deployments deployments(parts_.db);
    const auto failures = co_await deployments.consecutive_failures(context, parts_.environment);
    raise(
        metrics.counter(
            "deploy_connections_cut_total",
            "Connections that were cut at the end of a node's time to drain."
        ),
        cut
    );
    metrics.gauge("deploy_canary_share", "Share of the requests that the canary gets.")
        .Set(share.empty() ? 0 : share[0].number());
    metrics
        .gauge(
            "deploy_consecutive_failures",
            "Deployments that failed one after the other, up to the newest.",
            {{"environment", parts_.environment}}
        )
        .Set(static_cast<double>(failures));
}

Task<> DeployMetrics::read_figures(trace::Context context) {
    const Figures now = co_await figures(
        parts_.db, context, parts_.environment, parts_.telemetry.clock.now(), figure_days
    );
    const auto tell = [this](std::string name, std::string about, std::optional<double> value) {
        parts_.telemetry.metrics
            .gauge(std::move(name), std::move(about), {{"environment", parts_.environment}})
            .Set(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    };
    tell("deploy_frequency_per_day", "Releases that succeeded, of 30 days.", now.per_day());
    tell(
        "deploy_lead_time_seconds",
        "Median from a release's coming to its first success, of 30 days.",
        now.lead_seconds
    );
    tell(
        "deploy_change_failure_ratio",
        "Deployments that did not stay, of those that are decided, of 30 days.",
        now.failure_ratio()
    );
    tell(
        "deploy_time_to_restore_seconds",
        "Median from the beginning of a way back to its end, of 30 days.",
        now.restore_seconds
    );
}

/// Rows stay, so each number is that of before or more.
void DeployMetrics::show(prometheus::Histogram& histogram, const std::string& key, Shown now) {
    Shown& before = shown_[key];
    before.counts.resize(now.counts.size());
    std::vector<double> more;
    for (std::size_t i = 0; i < now.counts.size(); ++i) {
        more.push_back(std::max(0.0, now.counts[i] - before.counts[i]));
    }
    histogram.ObserveMultiple(more, std::max(0.0, now.sum - before.sum));
    before = std::move(now);
}

}  // namespace acme::deploy
