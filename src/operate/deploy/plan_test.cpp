#include "operate/deploy/plan.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

std::vector<NodeNow> fleet(int serving, const std::string& release = "old") {
    std::vector<NodeNow> nodes;
    const auto add = [&](const std::string& name, const std::string& role) {
        nodes.push_back({
            .name = name,
            .role = role,
            .address = "127.0.0.1",
            .release = release,
            .track = "stable",
            .known_good = release,
            .is_running = true,
            .is_ready = true,
            .has_room = role == "serve",
        });
    };
    for (int i = 1; i <= serving; ++i) add("app-" + std::to_string(i), "serve");
    add("worker-1", "worker");
    add("worker-2", "worker");
    add("scheduler", "scheduler");
    return nodes;
}

std::string words_of(const Plan& plan) {
    std::string text;
    for (const Step& step : plan.steps) {
        if (!text.empty()) text += "; ";
        text += name_of(step.kind);
        for (const std::string& node : step.nodes) text += " " + node;
    }
    return text;
}

Goal to_new() { return {.release = "new", .known_good = "old"}; }

Goal back_to_old() { return {.release = "old", .known_good = "old", .is_return = true}; }

void put(
    std::vector<NodeNow>& nodes, const std::string& name, const std::string& track = "stable"
) {
    for (NodeNow& node : nodes) {
        if (node.name != name) continue;
        node.release = "new";
        node.track = track;
    }
}

/// The plan's refusal, or what it says of the load, with that peak on the first node.
std::string weighed(int serving, std::optional<double> peak, bool is_accepted = false) {
    auto nodes = fleet(serving);
    nodes.front().cpu_peak = peak;
    Goal goal = to_new();
    goal.accepts_load = is_accepted;
    const auto plan = make_plan(nodes, goal, {});
    return plan ? plan->load : std::string(plan.error().code.text());
}

TEST(Plan, IsRefusedWhenTheOthersWouldUseMoreThan85PercentBesideACanary) {
    EXPECT_EQ(weighed(20, 0.8501), "deploy.load");  // twenty carry what twenty carried
    EXPECT_TRUE(weighed(20, 0.85).contains("would use 85.0 %"));
    EXPECT_EQ(weighed(3, 0.597), "deploy.load");  // 0.597 x 0.475 x 3 = 0.8507
    EXPECT_TRUE(weighed(3, 0.596).contains("used 59.6 %"));
    EXPECT_TRUE(weighed(3, 0.596).contains("would use 84.9 %"));
    EXPECT_EQ(weighed(2, 0.448), "deploy.load");  // 0.448 x 0.95 x 2 = 0.8512
    EXPECT_TRUE(weighed(2, 0.447).contains("would use 84.9 %"));
    EXPECT_TRUE(weighed(2, 0.447).contains("Not known: app-2."));
}

TEST(Plan, SaysWhereTheLoadCannotBeJudgedAndGoesOnWhereItIsAccepted) {
    EXPECT_TRUE(weighed(1, 1).starts_with("One node serves"));
    EXPECT_TRUE(weighed(3, std::nullopt).contains("is not judged"));
    EXPECT_TRUE(weighed(3, 1, true).contains("would use 142.5 %"));
}

TEST(Plan, TheLoadRefusesNoWayBackAndNothingBehindTheCanaryAndIsNotInTheDigest) {
    auto nodes = fleet(3);
    put(nodes, "app-3");
    for (NodeNow& node : nodes) node.cpu_peak = 1;
    Goal passed = to_new();
    passed.canary_passed = true;
    EXPECT_TRUE(make_plan(nodes, back_to_old(), {}));
    EXPECT_TRUE(make_plan(nodes, passed, {}));

    auto quiet = fleet(3);
    const auto before = make_plan(quiet, to_new(), {});
    quiet.front().cpu_peak = 0.1;
    EXPECT_EQ(make_plan(quiet, to_new(), {})->digest(), before->digest());
}

TEST(Plan, ANewReleaseGoesToTheCanaryThenToTheOthersThenToWorkersAndScheduler) {
    const auto plan = make_plan(fleet(3), to_new(), {});

    EXPECT_EQ(
        words_of(*plan),
        "migrate; canary app-3; judge app-3; replace app-1; watch_batch app-1; replace app-2; "
        "watch_batch app-2; replace worker-1; replace worker-2; replace scheduler; balance; smoke; "
        "record; watch"
    );
    EXPECT_EQ(plan->from, "old");
}

TEST(Plan, SaysOfAStickyCanaryThatItsShareIsOfTheUsers) {
    Goal sticky = to_new();
    sticky.is_sticky = true;
    const auto plan = make_plan(fleet(3), sticky, {});
    const auto plain = make_plan(fleet(3), to_new(), {});

    EXPECT_EQ(
        plan->steps[1].about,
        "drains app-3, starts new and gives it 5 % of the users, always the same ones (sticky)"
    );
    EXPECT_EQ(plain->steps[1].about, "drains app-3, starts new and gives it 5 %");
    EXPECT_NE(plan->digest(), plain->digest());
    EXPECT_EQ(words_of(*plan), words_of(*plain));
    sticky.strategy = Strategy::start_first;
    EXPECT_TRUE(make_plan(fleet(3), sticky, {})->steps[1].about.contains("5 % of the users, always")
    );
}

TEST(Plan, SixNodesAreReplacedTwoAtATime) {
    const auto plan = make_plan(fleet(6), to_new(), {});

    EXPECT_NE(
        words_of(*plan).find("replace app-1 app-2; watch_batch app-1 app-2; replace app-3 app-4"),
        std::string::npos
    );
    EXPECT_NE(words_of(*plan).find("replace app-5; watch_batch app-5;"), std::string::npos);
}

TEST(Plan, ABatchIsJudgedTenSecondsAndASixthOfTheWindowInATrial) {
    using std::chrono::milliseconds;
    for (const auto& [window, batch] : {
             std::pair(milliseconds(600'000), milliseconds(10'000)),
             std::pair(milliseconds(60'000), milliseconds(10'000)),
             std::pair(milliseconds(12'000), milliseconds(2'000)),
         }) {
        const auto plan = make_plan(fleet(3), to_new(), {.canary_window = window});
        const auto step = std::ranges::find(plan->steps, StepKind::watch_batch, &Step::kind);
        ASSERT_NE(step, plan->steps.end());
        EXPECT_EQ(step->expected, batch);
    }
}

TEST(Plan, WhatRunsEverywhereAlreadyNeedsNothing) {
    EXPECT_TRUE(make_plan(fleet(3, "new"), to_new(), {})->steps.empty());
}

TEST(Plan, AControllerAfterADeadOneDoesOnlyWhatIsLeft) {
    auto nodes = fleet(3);
    put(nodes, "app-3", "canary");
    put(nodes, "app-1");
    Goal goal = to_new();
    goal.canary_passed = true;

    EXPECT_EQ(
        words_of(*make_plan(nodes, goal, {})),
        "replace app-2; watch_batch app-2; replace worker-1; replace worker-2; replace scheduler; "
        "balance; smoke; record; watch"
    );
}

TEST(Plan, ACanaryThatWasNotJudgedToItsEndIsJudgedAgain) {
    auto nodes = fleet(3);
    put(nodes, "app-3", "canary");

    EXPECT_TRUE(words_of(*make_plan(nodes, to_new(), {}))
                    .starts_with("migrate; canary app-3; judge app-3; replace app-1"));
}

TEST(Plan, AnotherCanaryThanTheLastNodeCanBeNamed) {
    Goal goal = to_new();
    goal.canary = "app-1";

    EXPECT_TRUE(words_of(*make_plan(fleet(3), goal, {}))
                    .starts_with("migrate; canary app-1; judge app-1; replace app-2"));
    goal.canary = "worker-1";
    EXPECT_EQ(make_plan(fleet(3), goal, {}).error().code, ErrorCode("deploy.no_such_canary"));
}

TEST(Plan, TheWayBackTakesTheCanaryOutFirst) {
    auto nodes = fleet(3);
    put(nodes, "app-3", "canary");

    EXPECT_EQ(
        words_of(*make_plan(nodes, back_to_old(), Limits::of_return())),
        "shed app-3; replace app-3; balance; record"
    );
}

TEST(Plan, TheWayBackOfAWholeRollReplacesAll) {
    EXPECT_EQ(
        words_of(*make_plan(fleet(6, "new"), back_to_old(), Limits::of_return())),
        "replace app-1 app-2 worker-1; replace app-3 app-4 worker-2; replace app-5 app-6 "
        "scheduler; "
        "balance; record"
    );
}

TEST(Plan, TheWayBackReplacesWorkersAndSchedulerAlsoWhenNoNodeThatServesIsLeftToDo) {
    auto nodes = fleet(3);
    for (const char* name : {"worker-1", "worker-2", "scheduler"}) put(nodes, name);

    EXPECT_EQ(
        words_of(*make_plan(nodes, back_to_old(), Limits::of_return())),
        "replace worker-1; replace worker-2 scheduler; balance; record"
    );
    put(nodes, "app-1");
    EXPECT_EQ(
        words_of(*make_plan(nodes, back_to_old(), Limits::of_return())),
        "replace app-1 worker-1; replace worker-2 scheduler; balance; record"
    );
}

TEST(Plan, AReturnThatWasBegunIsRecordedAlsoWhenNothingIsLeftToDo) {
    Goal goal = back_to_old();
    EXPECT_EQ(words_of(*make_plan(fleet(3), goal, Limits::of_return())), "");
    goal.is_begun = true;

    EXPECT_EQ(words_of(*make_plan(fleet(3), goal, Limits::of_return())), "balance; record");
}

TEST(Plan, TheWayBackIsRefusedForNoNodeThatIsDown) {
    auto nodes = fleet(3, "new");
    nodes[0].is_ready = false;
    nodes[1].is_running = false;

    EXPECT_TRUE(make_plan(nodes, back_to_old(), Limits::of_return()));
}

TEST(Plan, NothingNewIsDeployedWhileANodeIsNotReady) {
    auto nodes = fleet(3);
    nodes[1].is_ready = false;

    const auto plan = make_plan(nodes, to_new(), {});

    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode("deploy.unready_nodes"));
    ASSERT_EQ(plan.error().fields.size(), 1u);
    EXPECT_EQ(plan.error().fields[0].pointer, "/app-2");
}

TEST(Plan, ProductionWantsThreeNodesTwoWorkersAndACommit) {
    Goal goal = to_new();
    goal.is_production = true;
    auto one_worker = fleet(3);
    std::erase_if(one_worker, [](const NodeNow& node) { return node.name == "worker-2"; });

    EXPECT_EQ(make_plan(fleet(2), goal, {}).error().code, ErrorCode("deploy.too_few_nodes"));
    EXPECT_EQ(make_plan(one_worker, goal, {}).error().code, ErrorCode("deploy.too_few_workers"));
    EXPECT_TRUE(make_plan(fleet(3), goal, {}));
    goal.release = "dev-0123456789abcdef";
    EXPECT_EQ(make_plan(fleet(3), goal, {}).error().code, ErrorCode("deploy.dev_release"));
}

TEST(Plan, TheDigestTellsAnotherWorldFromThisOne) {
    auto moved = fleet(3);
    moved[0].weight = 7;

    const auto plan = make_plan(fleet(3), to_new(), {});

    EXPECT_EQ(plan->digest(), make_plan(fleet(3), to_new(), {})->digest());
    EXPECT_NE(plan->digest(), make_plan(moved, to_new(), {})->digest());
}

TEST(Plan, EveryStepThatTouchesANodeHasAnUndo) {
    for (const Step& step : make_plan(fleet(6), to_new(), {})->steps) {
        const bool touches = step.kind == StepKind::canary || step.kind == StepKind::replace;
        if (touches) EXPECT_NE(step.undo, "") << step.about;
        EXPECT_GT(step.time_max.count(), 0);
    }
}

TEST(Plan, AThirdIsReplacedAtOnceAndTheRestStays) {
    EXPECT_EQ(batch_of(1), 1u);
    EXPECT_EQ(batch_of(3), 1u);
    EXPECT_EQ(batch_of(6), 2u);
    EXPECT_EQ(batch_of(500), 166u);
    EXPECT_EQ(floor_of(1), 0u);
    EXPECT_EQ(floor_of(2), 1u);
    EXPECT_EQ(floor_of(3), 2u);
    EXPECT_EQ(floor_of(6), 4u);
}

TEST(Plan, AWordForEachKindOfStep) {
    for (const StepKind kind : {StepKind::migrate, StepKind::judge, StepKind::watch}) {
        EXPECT_EQ(step_kind_of(name_of(kind)), kind);
    }
    EXPECT_EQ(step_kind_of("dance"), std::nullopt);
}

Goal beside_to_new() {
    return {.release = "new", .known_good = "old", .strategy = Strategy::start_first};
}

TEST(StartFirst, TheSameStepsWithTheOtherOrderWhereRequestsAreServed) {
    const auto plan = make_plan(fleet(3), beside_to_new(), {});
    const auto usual = make_plan(fleet(3), to_new(), {});

    EXPECT_EQ(words_of(*plan), words_of(*usual));
    EXPECT_NE(plan->digest(), usual->digest());
    for (const Step& step : plan->steps) {
        const bool replaces = step.kind == StepKind::canary || step.kind == StepKind::replace;
        const bool serves = replaces && step.nodes.front().starts_with("app-");
        EXPECT_EQ(step.starts_first, serves) << step.about;
        EXPECT_EQ(serves, step.undo.find("what ran there goes on") != std::string::npos);
    }
    EXPECT_EQ(plan->steps[3].about, "starts new beside app-1, then drains what ran there");
}

TEST(StartFirst, IsRefusedWithTheNodesThatHaveNoRoom) {
    auto nodes = fleet(3);
    nodes[1].has_room = false;
    const auto plan = make_plan(nodes, beside_to_new(), {});

    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code.text(), "deploy.no_room_beside");
    ASSERT_EQ(plan.error().fields.size(), 1U);
    EXPECT_EQ(plan.error().fields.front().pointer, "/app-2");
}

TEST(StartFirst, AWayBackWithoutRoomDrainsFirst) {
    auto nodes = fleet(3, "new");
    nodes[1].has_room = false;
    Goal goal = back_to_old();
    goal.strategy = Strategy::start_first;

    for (const Step& step : make_plan(nodes, goal, {})->steps) EXPECT_FALSE(step.starts_first);
}

TEST(StartFirst, WhatStillRunsBesideANodeIsLeftToDo) {
    auto nodes = fleet(3);
    for (const char* const name : {"app-1", "app-2", "app-3"}) put(nodes, name);
    nodes[0].release = "old";
    nodes[0].beside = "new";
    nodes[0].is_ready = false;  // its old program is ending
    Goal goal = beside_to_new();
    goal.canary_passed = true;
    const auto plan = make_plan(nodes, goal, {});

    ASSERT_TRUE(plan);
    EXPECT_EQ(words_of(*plan).substr(0, 13), "replace app-1");
}

TEST(StartFirst, TheWayBackShedsWhatIsBesideAndLeavesWhatRanThere) {
    auto nodes = fleet(3);
    nodes[2].beside = "new";
    Goal goal = back_to_old();
    goal.strategy = Strategy::start_first;
    const auto plan = make_plan(nodes, goal, Limits::of_return());

    EXPECT_EQ(words_of(*plan), "shed app-3; replace app-3; balance; record");
}

}  // namespace
}  // namespace acme::deploy
