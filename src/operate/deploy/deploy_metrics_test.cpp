// The series of deployments, from the rows that the journal wrote.
#include "operate/deploy/deploy_metrics.hpp"

#include "operate/deploy/replace.hpp"
#include "testing/bench.hpp"

#include <filesystem>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr pg::Query forget_oldest{"test.forget_oldest", R"sql(
    DELETE FROM deployment_steps WHERE begun_at = (SELECT min(begun_at) FROM deployment_steps)
)sql"};

struct MetricsBench : testing::Bench {
    ~MetricsBench() { std::filesystem::remove_all(folder); }

    /// Told by a journal of its own, each record at its time.
    struct Told {
        MetricsBench& bench;
        DeploymentId id;
        Journal journal;

        Told& add(std::string kind, json::object data) {
            bench.wait(journal.add(bench.context, id, std::move(kind), std::move(data)));
            return *this;
        }
        Told& state(std::string name) {
            return add("state", {{"state", std::move(name)}, {"outcome", ""}});
        }
        Told& after(seconds time) {
            bench.clock.advance(time);
            return *this;
        }
        Told& step(std::int64_t number, std::string kind, seconds time, std::string evidence) {
            add("step_begun",
                {{"number", number},
                 {"kind", std::move(kind)},
                 {"nodes", "app-1"},
                 {"about", ""},
                 {"undo", ""}});
            after(time);
            return add(
                "step_ended",
                {{"number", number}, {"result", "done"}, {"evidence", std::move(evidence)}}
            );
        }
    };

    Told begin(std::string kind = "release") {
        clock.advance(seconds(1));
        Told told{
            *this,
            DeploymentId::make(clock.now(), random),
            Journal(folder, db, clock, telemetry),
        };
        told.add(
            "begun",
            {{"environment", "production"},
             {"kind", std::move(kind)},
             {"release", "new"},
             {"from", "old"},
             {"known_good", "old"},
             {"actor", "cli"}}
        );
        return told;
    }

    /// What a scrape has of the name, one line for each series.
    std::string series(std::string_view name) const {
        const std::string text = metrics.text();
        std::string found;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = std::min(text.find('\n', at), text.size());
            const std::string_view line = std::string_view(text).substr(at, end - at);
            if (line.starts_with(name)) found.append(line).append("\n");
            at = end + 1;
        }
        return found;
    }

    void read() { wait(shown.read(context)); }

    static Result<Ground> no_ground() {
        return refuse(ErrorKind::not_found, "local.not_running", "nothing runs");
    }

    DeployMetrics of(Telemetry& other) {
        return DeployMetrics({db, other, no_ground, "production"});
    }

    std::string folder = (std::filesystem::temp_directory_path() /
                          ("acme-metrics-" + DeploymentId::make(clock.now(), random).str()))
                             .string();
    DeployMetrics shown = of(telemetry);
};

TEST(DeployMetrics, CountsWhatHasEndedAndNothingTwice) {
    MetricsBench bench;
    EXPECT_EQ(bench.series("deployments_total"), "");
    bench.begin().state("good");
    bench.begin().state("rolling_back").after(seconds(40)).state("rolled_back");
    bench.begin().state("canary");  // has not ended
    bench.begin("rollback").after(seconds(4)).state("rolled_back");

    bench.read();
    bench.read();

    const std::string results = bench.series("deployments_total");
    EXPECT_NE(results.find(R"({environment="production",result="good"} 1)"), results.npos)
        << results;
    EXPECT_NE(results.find(R"(result="rolled_back"} 1)"), results.npos) << results;
    EXPECT_NE(results.find(R"(result="refused"} 0)"), results.npos) << results;
    const std::string returns = bench.series("acme_rollback_duration_seconds");
    EXPECT_NE(returns.find("acme_rollback_duration_seconds_count 2"), returns.npos) << returns;
    EXPECT_NE(returns.find("acme_rollback_duration_seconds_sum 44"), returns.npos) << returns;
    EXPECT_NE(returns.find(R"(bucket{le="5.0"} 1)"), returns.npos) << returns;
    EXPECT_NE(returns.find(R"(bucket{le="60.0"} 2)"), returns.npos) << returns;
}

TEST(DeployMetrics, WhoBeginsAnewShowsTheSameNumbers) {
    MetricsBench bench;
    bench.begin()
        .step(1, "migrate", seconds(5), "")
        .step(2, "replace", seconds(20), "")
        .state("good");
    bench.read();
    bench.begin().step(1, "migrate", seconds(70), "").state("refused");
    bench.read();

    Metrics metrics;
    Telemetry telemetry{bench.clock, bench.random, bench.log, metrics};
    DeployMetrics other = bench.of(telemetry);
    bench.wait(other.read(bench.context));

    for (const std::string& text : {bench.metrics.text(), metrics.text()}) {
        EXPECT_NE(text.find(R"(deploy_step_seconds_count{step="migrate"} 2)"), text.npos);
        EXPECT_NE(text.find(R"(deploy_step_seconds_sum{step="migrate"} 75)"), text.npos);
        EXPECT_NE(text.find(R"(deploy_step_seconds_bucket{step="migrate",le="5.0"} 1)"), text.npos);
        EXPECT_NE(text.find(R"(deploy_step_seconds_count{step="replace"} 1)"), text.npos);
        EXPECT_NE(text.find(R"(result="refused"} 1)"), text.npos);
    }
}

/// ALRT-6: two failures in a row, whatever was not tried between them.
TEST(DeployMetrics, FailuresInARowAreThoseSinceTheLastSuccess) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"rolled_back", "rollback_failed"}, "2"},
        {{"rolled_back", "good", "rolled_back"}, "1"},
        {{"rolled_back", "superseded", "rolled_back"}, "2"},
        {{"rolled_back", "cancelled", "refused"}, "1"},
        {{"rolled_back", "rolled_back", "succeeded"}, "0"},
    };
    for (const auto& [states, expected] : cases) {
        MetricsBench bench;
        for (const std::string& state : states) bench.begin().state(state);

        bench.read();

        EXPECT_EQ(
            bench.series("deploy_consecutive_failures"),
            R"(deploy_consecutive_failures{environment="production"} )" + expected + "\n"
        );
    }
}

TEST(DeployMetrics, ConnectionsThatWereCutAreThoseOfTheEvidence) {
    MetricsBench bench;
    Replaced replaced{.node = "app-1"};
    replaced.drained_at = bench.clock.now();
    replaced.cut = 3;
    const std::string first = replaced.evidence();
    replaced.cut = 4;
    bench.begin().step(1, "replace", seconds(30), first + "\n" + replaced.evidence());

    bench.read();

    EXPECT_EQ(bench.series("deploy_connections_cut_total"), "deploy_connections_cut_total 7\n");
}

TEST(DeployMetrics, TheShareIsThatOfTheCanaryThatRuns) {
    MetricsBench bench;
    auto told = bench.begin();
    told.state("canary").add("sample", {{"summary", "well"}, {"share", 0.05}});
    bench.read();
    EXPECT_EQ(bench.series("deploy_canary_share"), "deploy_canary_share 0.05\n");

    told.state("rolling");
    bench.read();
    EXPECT_EQ(bench.series("deploy_canary_share"), "deploy_canary_share 0\n");
}

TEST(DeployMetrics, ShowsTheFiguresOfThirtyDaysAndNoneWhereNothingHappened) {
    MetricsBench bench;
    bench.read();
    EXPECT_EQ(
        bench.series("deploy_lead_time_seconds"),
        "deploy_lead_time_seconds{environment=\"production\"} NaN\n"
    );
    bench.begin().after(seconds(60)).state("succeeded").state("good");
    bench.begin().state("rolling_back").after(seconds(40)).state("rolled_back");
    bench.clock.advance(seconds(1));

    bench.read();

    const auto value_of = [&bench](std::string_view name) {
        const std::string line = bench.series(name);
        return line.substr(line.find("} ") + 2);
    };
    EXPECT_EQ(value_of("deploy_frequency_per_day").substr(0, 6), "0.0333");
    EXPECT_EQ(value_of("deploy_lead_time_seconds"), "60\n");
    EXPECT_EQ(value_of("deploy_change_failure_ratio"), "0.5\n");
    EXPECT_EQ(value_of("deploy_time_to_restore_seconds"), "40\n");
}

TEST(DeployMetrics, CountsWhatIsOldWithWhatIsNewAndReadsItOnce) {
    MetricsBench bench;
    bench.begin().step(1, "replace", seconds(3), "(2 connections cut)").state("good");
    bench.clock.advance(settle_time);
    bench.begin().step(1, "replace", seconds(3), "(1 connections cut)").state("good");
    bench.read();
    EXPECT_NE(bench.series("deploy_connections_cut_total").find(" 3\n"), std::string::npos);

    bench.wait(bench.db.run(bench.context, forget_oldest));
    bench.begin().step(1, "replace", seconds(3), "(4 connections cut)").state("good");
    bench.read();

    EXPECT_NE(bench.series("deploy_connections_cut_total").find(" 7\n"), std::string::npos);
    EXPECT_NE(
        bench.series("deploy_step_seconds_count{step=\"replace\"").find(" 3\n"), std::string::npos
    );
}

}  // namespace
}  // namespace acme::deploy
