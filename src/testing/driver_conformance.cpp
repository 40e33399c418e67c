#include "testing/driver_conformance.hpp"

#include <algorithm>

namespace acme::testing {

using namespace std::chrono_literals;
using deploy::Facts;
using deploy::Fence;
using deploy::Instance;

namespace {

constexpr auto good = R"(
case $1 in
    serve) ;;
    migrate) echo "migrated by $ACME_RELEASE"; exit 0 ;;
    fail) echo it cannot be; exit 5 ;;
    loud) i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i + 1)); done; exit 0 ;;
    hang) exec sleep 600 ;;
esac
trap 'exit 0' TERM
echo "release $ACME_RELEASE serves"
while :; do sleep 0.02; done
)";
constexpr auto deaf = "trap '' TERM\necho deaf\nwhile :; do sleep 0.02; done\n";
constexpr auto dying = "echo there is no disk left\nexit 3\n";
constexpr auto killed = "kill -9 $$\n";
constexpr auto chatty =
    "i=0\nwhile [ $i -lt 80 ]; do echo \"line $i\"; i=$((i + 1)); done\n"
    "exec sleep 600\n";

constexpr auto one = "1111111111111111111111111111111111111111";
constexpr auto two = "2222222222222222222222222222222222222222";

bool runs(const Instance& instance) { return instance.is_running; }

bool said(const Instance& instance, std::string_view text) {
    return std::ranges::any_of(instance.last_lines, [text](const std::string& line) {
        return line.find(text) != line.npos;
    });
}

}  // namespace

DriverConformance::DriverConformance() : machines(GetParam().make(bench)) {
    machines->add_release(one, good);
    fence = bench.wait(driver().take("the test", 10min, deploy::Claim::deployment)).value();
}

Facts DriverConformance::facts_of(const std::string& node, const std::string& release) {
    return {
        .environment = "local",
        .node = node,
        .role = "serve",
        .release = release,
        .digest = "",
        .known_good = one,
        .deployment = "dpl_1",
        .track = "stable",
        .spec = "",
        .address = "",
    };
}

Instance DriverConformance::look(const std::string& node) {
    const auto all = bench.wait(driver().instances()).value();
    const auto found =
        std::ranges::find(all, node, [](const Instance& each) { return each.facts.node; });
    EXPECT_NE(found, all.end()) << node;
    return found == all.end() ? Instance() : *found;
}

Result<> DriverConformance::start(const std::string& node, const std::string& release) {
    return bench.wait(driver().start(fence, facts_of(node, release)));
}

Result<bool> DriverConformance::stop(const std::string& node, std::chrono::milliseconds grace) {
    return bench.wait(driver().stop(fence, node, grace));
}

TEST_P(DriverConformance, WhereNothingWasStartedNothingIs) {
    EXPECT_TRUE(bench.wait(driver().instances())->empty());
}

TEST_P(DriverConformance, WhatWasStartedRunsWithItsFacts) {
    ASSERT_TRUE(start("app-1", one));
    const Instance there = look_until("app-1", [](const Instance& i) { return said(i, "serves"); });
    EXPECT_TRUE(there.is_running);
    EXPECT_EQ(there.restarts, 0);
    EXPECT_EQ(there.last_end, "");
    EXPECT_FALSE(there.was_out_of_memory);
    EXPECT_GT(there.started_at, WallTime());
    EXPECT_TRUE(said(there, std::string("release ") + one));
    Facts told = there.facts;
    EXPECT_TRUE(told.digest.starts_with("sha256:"));
    EXPECT_TRUE(told.spec.starts_with("sha256:"));
    EXPECT_FALSE(told.address.empty());
    told.digest = told.spec = told.address = "";
    EXPECT_EQ(told, facts_of("app-1", one));
}

TEST_P(DriverConformance, StartedTwiceTheSameIsLeftAlone) {
    ASSERT_TRUE(start("app-1", one));
    const auto before = look_until("app-1", runs).started_at;
    EXPECT_TRUE(start("app-1", one));
    EXPECT_EQ(look("app-1").started_at, before);
}

TEST_P(DriverConformance, SomethingElseMustHaveBeenStoppedBefore) {
    machines->add_release(two, std::string(good) + "# two\n");
    ASSERT_TRUE(start("app-1", one));
    EXPECT_EQ(code_of(start("app-1", two)), "engine.runs");
    EXPECT_EQ(look("app-1").facts.release, one);
    EXPECT_TRUE(start("app-2", two));
    ASSERT_TRUE(stop("app-1", 5s));
    EXPECT_TRUE(start("app-1", two));
    EXPECT_EQ(look("app-1").facts.release, two);
}

TEST_P(DriverConformance, AReleaseThatIsNotThereIsSaidBeforeAnythingIsDone) {
    EXPECT_EQ(code_of(start("app-1", two)), "engine.release_missing");
    EXPECT_EQ(code_of(start("app-1", "../../etc")), "engine.release_missing");
    EXPECT_EQ(code_of(bench.wait(driver().mark_good(fence, two))), "engine.release_missing");
    EXPECT_EQ(
        code_of(bench.wait(driver().run_once(fence, two, {"migrate"}, 5s))),
        "engine.release_missing"
    );
    EXPECT_TRUE(bench.wait(driver().instances())->empty());
}

TEST_P(DriverConformance, ANodeThatNobodyHasIsUnknown) {
    EXPECT_EQ(code_of(start("app-9", one)), "engine.unknown_node");
    EXPECT_EQ(code_of(stop("app-9", 5s)), "engine.unknown_node");
    EXPECT_EQ(code_of(bench.wait(driver().kill(fence, "app-9"))), "engine.unknown_node");
    EXPECT_EQ(
        code_of(bench.wait(driver().label(fence, facts_of("app-9", one)))), "engine.unknown_node"
    );
}

TEST_P(DriverConformance, AProgramThatIsKilledComesBackByItself) {
    ASSERT_TRUE(start("app-1", one));
    const Instance before = look_until("app-1", runs);
    ASSERT_TRUE(bench.wait(driver().kill(fence, "app-1")));
    const Instance after = look_until("app-1", [&before](const Instance& i) {
        return i.is_running && i.restarts == before.restarts + 1;
    });
    EXPECT_EQ(after.last_end, "signal 9");
    EXPECT_EQ(after.facts, before.facts);
    ASSERT_TRUE(stop("app-1", 5s));
    EXPECT_EQ(code_of(bench.wait(driver().kill(fence, "app-1"))), "engine.not_running");
}

TEST_P(DriverConformance, AProgramThatEndsWhenAskedHasEndedByItself) {
    ASSERT_TRUE(start("app-1", one));
    look_until("app-1", [](const Instance& i) { return said(i, "serves"); });
    EXPECT_TRUE(stop("app-1", 30s).value());
    EXPECT_FALSE(look("app-1").is_running);
    EXPECT_EQ(look("app-1").facts.release, one);
    EXPECT_TRUE(stop("app-1", 30s).value());  // it has ended already
    EXPECT_TRUE(stop("app-2", 30s).value());
}

TEST_P(DriverConformance, AProgramThatIgnoresItIsEndedAfterTheGrace) {
    machines->add_release(two, deaf);
    ASSERT_TRUE(start("app-1", two));
    look_until("app-1", [](const Instance& i) { return said(i, "deaf"); });
    EXPECT_FALSE(stop("app-1", 100ms).value());
    EXPECT_FALSE(look("app-1").is_running);
}

TEST_P(DriverConformance, AProgramThatEndsComesBackAndItIsToldWhyItEnded) {
    machines->add_release(two, dying);
    ASSERT_TRUE(start("app-1", two));
    const auto there = look_until("app-1", [](const Instance& i) { return i.restarts >= 2; });
    EXPECT_EQ(there.last_end, "exit 3");
    EXPECT_TRUE(said(there, "there is no disk left"));
    EXPECT_TRUE(stop("app-1", 1s).value());
}

TEST_P(DriverConformance, AProgramThatWasKilledComesBackAndItIsToldBySignal) {
    machines->add_release(two, killed);
    ASSERT_TRUE(start("app-1", two));
    const auto there = look_until("app-1", [](const Instance& i) { return i.restarts >= 1; });
    EXPECT_EQ(there.last_end, "signal 9");
    EXPECT_FALSE(there.was_out_of_memory);
}

TEST_P(DriverConformance, OfItsLinesTheLastFiftyAreKept) {
    machines->add_release(two, chatty);
    ASSERT_TRUE(start("app-1", two));
    const auto there = look_until("app-1", [](const Instance& i) { return said(i, "line 79"); });
    EXPECT_EQ(there.last_lines.size(), Instance::last_lines_max);
    EXPECT_EQ(there.last_lines.front(), "line 30");
}

TEST_P(DriverConformance, LabelsChangeOnWhatRunsAndOnWhatDoesNot) {
    ASSERT_TRUE(start("app-1", one));
    const auto before = look_until("app-1", runs);
    Facts wanted = before.facts;
    wanted.known_good = two;
    wanted.deployment = "dpl_2";
    wanted.track = "canary";
    Facts told = wanted;
    told.spec = "of no account";
    ASSERT_TRUE(bench.wait(driver().label(fence, told)));
    EXPECT_EQ(look("app-1").facts, wanted);
    EXPECT_EQ(look("app-1").started_at, before.started_at);
    ASSERT_TRUE(stop("app-1", 5s));
    wanted.track = "stable";
    ASSERT_TRUE(bench.wait(driver().label(fence, wanted)));
    ASSERT_TRUE(bench.wait(driver().label(fence, wanted)));
    EXPECT_EQ(look("app-1").facts, wanted);
    wanted.release = two;
    EXPECT_EQ(code_of(bench.wait(driver().label(fence, wanted))), "engine.runs");
}

TEST_P(DriverConformance, ReleasesAreToldTheNewestFirstAndGoodOnesAsSuch) {
    machines->add_release(two, deaf);
    ASSERT_TRUE(bench.wait(driver().mark_good(fence, one)));
    ASSERT_TRUE(bench.wait(driver().mark_good(fence, one)));
    const auto all = bench.wait(driver().releases()).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, two);
    EXPECT_FALSE(all[0].is_good);
    EXPECT_EQ(all[1].id, one);
    EXPECT_TRUE(all[1].is_good);
    EXPECT_TRUE(all[1].digest.starts_with("sha256:"));
    EXPECT_GE(all[0].added_at, all[1].added_at);
}

TEST_P(DriverConformance, OneHoldsTheMachinesAndAnotherIsToldWho) {
    const auto refused = bench.wait(driver().take("another", 1min, deploy::Claim::deployment));
    EXPECT_EQ(code_of(refused), "engine.held");
    EXPECT_NE(refused.error().message.find("the test"), std::string::npos);
    EXPECT_EQ(
        bench.wait(driver().take("the test", 1min, deploy::Claim::deployment))->number, fence.number
    );
    ASSERT_TRUE(bench.wait(driver().give_back(fence)));
    ASSERT_TRUE(bench.wait(driver().give_back(fence)));
    const auto other = bench.wait(driver().take("another", 1min, deploy::Claim::deployment));
    ASSERT_TRUE(other);
    EXPECT_GT(other->number, fence.number);
    ASSERT_TRUE(bench.wait(driver().give_back(fence)));
    EXPECT_EQ(
        code_of(bench.wait(driver().take("a third", 1min, deploy::Claim::deployment))),
        "engine.held"
    );
}

TEST_P(DriverConformance, WhoeverIsLateLosesThemToTheNext) {
    ASSERT_TRUE(bench.wait(driver().take("the test", 50ms, deploy::Claim::deployment)));
    auto other = bench.wait(driver().take("another", 1min, deploy::Claim::deployment));
    for (int i = 0; i < 1500 && !other; ++i) {
        bench.wait(sleep_for(20ms));
        other = bench.wait(driver().take("another", 1min, deploy::Claim::deployment));
    }
    ASSERT_TRUE(other);
    EXPECT_GT(other->number, fence.number);
}

TEST_P(DriverConformance, WhoeverLostThemCanChangeNothing) {
    ASSERT_TRUE(start("app-1", one));
    const Instance before = look_until("app-1", runs);
    const auto other = bench.wait(driver().take("another", 1min, deploy::Claim::rollback));
    ASSERT_TRUE(other);
    EXPECT_EQ(code_of(stop("app-1", 5s)), "engine.fenced");
    EXPECT_EQ(code_of(start("app-2", one)), "engine.fenced");
    EXPECT_EQ(code_of(bench.wait(driver().label(fence, facts_of("app-1", one)))), "engine.fenced");
    EXPECT_EQ(code_of(bench.wait(driver().mark_good(fence, one))), "engine.fenced");
    EXPECT_EQ(code_of(bench.wait(driver().run_once(fence, one, {"migrate"}, 5s))), "engine.fenced");
    EXPECT_EQ(code_of(bench.wait(driver().stop({}, "app-1", 5s))), "engine.fenced");
    EXPECT_EQ(look("app-1").facts, before.facts);
    EXPECT_TRUE(look("app-1").is_running);
    EXPECT_TRUE(bench.wait(driver().stop(*other, "app-1", 5s)));
}

TEST_P(DriverConformance, AProgramRunsOnceAndTellsHowItEnded) {
    const auto migrated = bench.wait(driver().run_once(fence, one, {"migrate"}, 30s));
    ASSERT_TRUE(migrated);
    EXPECT_EQ(migrated->code, 0);
    EXPECT_EQ(migrated->output, std::string("migrated by ") + one + "\n");
    const auto failed = bench.wait(driver().run_once(fence, one, {"fail"}, 30s));
    EXPECT_EQ(failed->code, 5);
    EXPECT_EQ(failed->output, "it cannot be\n");
    const auto loud = bench.wait(driver().run_once(fence, one, {"loud"}, 30s));
    EXPECT_EQ(loud->code, 0);
    EXPECT_EQ(loud->output.size(), 16U * 1024);
    EXPECT_TRUE(loud->output.ends_with("line 2999\n"));
}

TEST_P(DriverConformance, AProgramThatTakesTooLongIsKilled) {
    EXPECT_EQ(bench.wait(driver().run_once(fence, one, {"hang"}, 100ms))->code, 137);
}

TEST_P(DriverConformance, KilledAndBackItKnowsWhoHoldsTheMachinesAndWhatRanThere) {
    ASSERT_TRUE(start("app-1", one));
    const Instance before = look_until("app-1", runs);
    machines->kill_engine();
    EXPECT_EQ(code_of(bench.wait(driver().instances())), "engine.unreachable");
    machines->start_engine();
    EXPECT_EQ(look("app-1").facts, before.facts);
    EXPECT_EQ(
        code_of(bench.wait(driver().take("another", 1min, deploy::Claim::deployment))),
        "engine.held"
    );
    EXPECT_EQ(
        bench.wait(driver().take("the test", 10min, deploy::Claim::deployment))->number,
        fence.number
    );
    EXPECT_TRUE(start("app-1", one));
    look_until("app-1", runs);
    const auto other = bench.wait(driver().take("another", 1min, deploy::Claim::rollback));
    EXPECT_GT(other->number, fence.number);
    machines->kill_engine();
    machines->start_engine();
    EXPECT_EQ(code_of(stop("app-1", 5s)), "engine.fenced");
}

}  // namespace acme::testing
