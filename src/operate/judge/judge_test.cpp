// The whole judge: real nodes over HTTP behind a real HAProxy.
#include "operate/judge/judge.hpp"

#include "testing/balanced.hpp"
#include "testing/bench.hpp"

namespace acme::judge {
namespace {

using std::chrono::seconds;
using testing::ask_much;
using testing::Balanced;
using testing::DryBench;

std::string metrics(int requests, int errors, std::string_view release) {
    return "http_requests_total{path=\"/\",status=\"200\"} " + std::to_string(requests - errors) +
           "\nhttp_requests_total{path=\"/\",status=\"500\"} " + std::to_string(errors) +
           "\nprocess_start_time_seconds 1\nacme_build_info{release=\"" + std::string(release) +
           "\"} 1\n";
}

/// Two stable nodes and a canary, whose pages say what they counted.
struct Stage {
    Stage() {
        bench.wait(balanced.until_all_up());
        sample();
        judge.mark();
    }
    ~Stage() {
        client.close();
        bench.wait(balanced.stop());
    }

    std::vector<Target> targets() {
        std::vector<Target> targets;
        for (std::size_t i = 1; i <= 3; ++i) {
            testing::SmallNode& node = balanced.node(i);
            const bool is_canary = i == 3;
            node.release = is_canary ? "new" : "old";
            targets.push_back({
                .node = node.name(),
                .role = "serve",
                .operations = "127.0.0.1:" + std::to_string(node.port()),
                .release = node.release,
                .is_judged = is_canary,
                .is_probed = is_canary,
            });
        }
        return targets;
    }

    void sample() {
        for (std::size_t i = 1; i <= 3; ++i) {
            testing::SmallNode& node = balanced.node(i);
            const int errors = node.status == 500 ? node.requests : 0;
            node.pages["/metrics"] = metrics(node.requests, errors, node.release);
        }
        bench.wait(judge.sample());
        bench.clock.advance(seconds(5));
    }

    DryBench bench;
    Balanced balanced{bench.loop, bench.log, 3};
    balancer::Balancer balancer = balanced.balancer();
    fetch::Client client{bench.telemetry};
    Judge judge{bench.telemetry, client, bench.clock, balancer, targets()};
};

TEST(JudgeAtWork, StopsACanaryThatFails) {
    Stage stage;
    stage.balanced.node(3).status = 500;
    stage.bench.wait(ask_much(stage.balanced.port(), 90, 4));
    EXPECT_EQ(stage.judge.abort().outcome, Outcome::inconclusive);
    stage.sample();
    const Verdict verdict = stage.judge.abort();
    EXPECT_EQ(verdict.outcome, Outcome::fail);
    EXPECT_EQ(verdict.check, "error_ratio");
    EXPECT_GE(stage.judge.canary().whole.users.errors, 30);
    EXPECT_EQ(stage.judge.stable().users.errors, 0);
}

TEST(JudgeAtWork, BlamesTheNodeWhoseUsersWereServedElsewhere) {
    Stage stage;
    stage.balanced.node(3).breaks_off = true;
    const auto answers = stage.bench.wait(ask_much(stage.balanced.port(), 90, 1));
    stage.balanced.node(3).breaks_off = false;
    stage.sample();
    EXPECT_EQ(answers.statuses, (std::map<int, int>{{200, 90}}));
    EXPECT_EQ(stage.judge.abort().outcome, Outcome::fail);
}

TEST(JudgeAtWork, ProbesDecideWithoutUsers) {
    Stage stage;
    for (int i = 0; i < 20; ++i) {
        stage.bench.wait(stage.judge.probe());
        stage.bench.clock.advance(seconds(1));
    }
    stage.sample();
    EXPECT_EQ(stage.judge.canary().probes_whole.counts, (Counts{20, 0}));
    EXPECT_EQ(stage.judge.canary().whole.users.errors, 0);
    EXPECT_EQ(conclude(stage.judge.end({})).outcome, Outcome::pass);
}

TEST(JudgeAtWork, ACanaryThatIsGoneOrAnotherReleaseIsStopped) {
    Stage stage;
    stage.balanced.node(3).is_ready = false;
    for (int i = 0; i < 3; ++i) stage.bench.wait(stage.judge.probe());
    EXPECT_EQ(stage.judge.abort().check, "ready");
    stage.judge.mark();
    stage.balanced.node(3).is_ready = true;
    stage.balanced.node(3).release = "old";
    stage.bench.wait(stage.judge.probe());
    EXPECT_EQ(stage.judge.abort().check, "release");
}

TEST(JudgeAtWork, ReadsInTurnAndSaysWhichReadFailed) {
    Stage stage;
    Judge judge(
        stage.bench.telemetry,
        stage.client,
        stage.bench.clock,
        stage.balancer,
        stage.targets(),
        {.paths = {"/one", "/two"}}
    );
    stage.bench.wait(judge.sample());
    stage.bench.wait(judge.probe());
    stage.balanced.node(3).status = 500;
    stage.bench.wait(judge.probe());
    EXPECT_EQ(judge.canary().probes_whole.counts, (Counts{2, 1}));
    EXPECT_EQ(judge.canary().probes_whole.last_failure, "GET /two was answered 500");
}

TEST(JudgeAtWork, ACanaryIsAskedAlsoWhileTheBalancerIsAwayFromTheBeginning) {
    Stage stage;
    auto targets = stage.targets();
    for (Target& target : targets) target.service = target.operations;
    Judge judge(
        stage.bench.telemetry, stage.client, stage.bench.clock, stage.balancer, std::move(targets)
    );

    stage.bench.wait(judge.probe());  // before any sample() has seen the balancer

    EXPECT_EQ(judge.canary().probes_whole.counts, (Counts{1, 0}));
}

TEST(JudgeAtWork, AProcessThatEndedIsToldByItsMachine) {
    Stage stage;
    stage.judge.tell_ends("app-1", {.count = 1});
    EXPECT_NE(stage.judge.abort().outcome, Outcome::fail);
    stage.judge.tell_ends("app-3", {.count = 1, .last = "signal 9"});
    EXPECT_EQ(stage.judge.abort().check, "restart");
    EXPECT_EQ(stage.judge.abort().reason, "its process ended by signal 9 and was started again");
    stage.judge.tell_ends("app-3", {.count = 1, .was_out_of_memory = true, .last = "signal 9"});
    EXPECT_EQ(stage.judge.abort().check, "memory");
}

TEST(JudgeAtWork, OneNodeThatFailsAloneIsNamedAndForgottenWhenItWasReplaced) {
    Stage stage;
    stage.balanced.node(2).status = 500;
    stage.bench.wait(ask_much(stage.balanced.port(), 90, 4));
    stage.sample();
    EXPECT_EQ(stage.judge.site().watched.alone, "app-2");
    EXPECT_EQ(stage.judge.site().json().at("alone").as_string(), "app-2");
    stage.judge.forget("app-2");
    stage.balanced.node(2).status = 200;
    stage.bench.wait(ask_much(stage.balanced.port(), 90, 4));
    stage.sample();
    EXPECT_FALSE(stage.judge.site().watched.alone);
    EXPECT_EQ(stage.judge.site().watched.site.outcome, Outcome::pass);
}

TEST(JudgeAtWork, ReportsWhatPeopleSee) {
    Stage stage;
    stage.bench.wait(ask_much(stage.balanced.port(), 300, 4));
    stage.sample();
    const boost::json::value report = stage.judge.report().json();
    EXPECT_NEAR(report.at("share").as_double(), 1. / 3, 0.01);
    EXPECT_NEAR(report.at("weight_share").as_double(), 1. / 3, 0.01);
    EXPECT_GE(report.at("canary").at("requests").to_number<int>(), 90);
    EXPECT_EQ(report.at("stable").at("nodes").to_number<int>(), 2);
    EXPECT_GE(report.at("checks").as_array().size(), 9);
    EXPECT_TRUE(report.at("checks").as_array()[0].at("verdict").is_string());
    EXPECT_EQ(report.at("mute").as_array().size(), 0);
}

TEST(JudgeAtWork, EachWindowOfBothSidesForgetsInItsTimeAndTheWholeRemembers) {
    Stage stage;
    stage.bench.wait(ask_much(stage.balanced.port(), 300, 4));
    stage.sample();
    const auto requests = [&stage](std::string_view side) {
        return stage.judge.report().json().at(side).at("requests").to_number<int>();
    };
    EXPECT_GE(requests("stable_minute"), 190);
    EXPECT_GE(requests("canary_minute"), 90);

    for (int i = 0; i < 14; ++i) stage.sample();

    EXPECT_GE(requests("stable"), 190);
    EXPECT_GE(requests("canary"), 90);
    EXPECT_LT(requests("stable_minute"), 50);  // the samples themselves are requests
    EXPECT_LT(requests("canary_minute"), 50);
    EXPECT_GE(requests("stable_five_minutes"), 190);
    EXPECT_GE(requests("canary_five_minutes"), 90);
    const auto site = stage.judge.site().json();
    EXPECT_GE(site.at("site_five_minutes").at("requests").to_number<int>(), 280);

    for (int i = 0; i < 48; ++i) stage.sample();

    EXPECT_GE(requests("stable"), 190);
    EXPECT_LT(requests("stable_five_minutes"), 190);
    EXPECT_LT(requests("canary_five_minutes"), 90);
}

}  // namespace
}  // namespace acme::judge
