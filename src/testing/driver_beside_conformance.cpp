// A second program beside a node's own, as every driver has it that has room for one.
#include "testing/driver_conformance.hpp"

#include <algorithm>

namespace acme::testing {

using namespace std::chrono_literals;
using deploy::Facts;
using deploy::Instance;

namespace {

constexpr auto other = R"(
trap 'exit 0' TERM
echo "the other one serves at $ACME_ADDRESS"
while :; do sleep 0.02; done
)";

constexpr auto one = "1111111111111111111111111111111111111111";
constexpr auto two = "2222222222222222222222222222222222222222";

bool both_run(const Instance& instance) {
    return instance.is_running && instance.beside.size() == 1 &&
           instance.beside.front().is_running && !instance.beside.front().last_lines.empty();
}

}  // namespace

DriverBeside::DriverBeside() { machines->add_release(two, other); }

Result<> DriverBeside::start_beside(const std::string& node, const std::string& release) {
    return bench.wait(driver().start_beside(fence, facts_of(node, release)));
}

Result<bool> DriverBeside::settle(const std::string& address) {
    return bench.wait(driver().settle(fence, "app-1", address, 5s));
}

Instance DriverBeside::start_both() {
    EXPECT_TRUE(start("app-1", one));
    EXPECT_TRUE(start_beside("app-1", two));
    return look_until("app-1", both_run);
}

TEST_P(DriverBeside, ASecondProgramRunsElsewhereAndTheNodeIsStillTheFirst) {
    ASSERT_TRUE(start("app-1", one));
    const std::string spare = look("app-1").spare_address;
    const Instance both = start_both();
    const Instance& second = both.beside.front();
    EXPECT_EQ(both.facts.release, one);
    EXPECT_EQ(second.facts.release, two);
    EXPECT_EQ(second.facts.address, spare);
    EXPECT_NE(second.facts.address, both.facts.address);
    EXPECT_EQ(second.last_lines.front(), "the other one serves at " + spare);
    EXPECT_NE(second.facts.spec, both.facts.spec);
}

TEST_P(DriverBeside, StartedTwiceTheSameIsLeftAloneAndSomethingElseIsRefused) {
    const auto before = start_both().beside.front().started_at;
    EXPECT_TRUE(start_beside("app-1", two));
    EXPECT_EQ(code_of(start_beside("app-1", one)), "engine.runs");
    EXPECT_EQ(look("app-1").beside.front().started_at, before);
}

TEST_P(DriverBeside, SettledOnTheSecondItIsTheNodeAndTheFirstHasEnded) {
    const Instance both = start_both();
    EXPECT_TRUE(settle(both.beside.front().facts.address).value());
    const Instance after = look("app-1");
    EXPECT_EQ(after.facts, both.beside.front().facts);
    EXPECT_EQ(after.started_at, both.beside.front().started_at);
    EXPECT_TRUE(after.is_running);
    EXPECT_TRUE(after.beside.empty());
    EXPECT_EQ(after.spare_address, both.facts.address);
    EXPECT_TRUE(settle(after.facts.address).value());  // it is so already
}

TEST_P(DriverBeside, SettledOnTheFirstTheSecondHasEnded) {
    const Instance both = start_both();
    EXPECT_TRUE(settle(both.facts.address).value());
    const Instance after = look("app-1");
    EXPECT_EQ(after.facts, both.facts);
    EXPECT_EQ(after.started_at, both.started_at);
    EXPECT_TRUE(after.beside.empty());
    EXPECT_EQ(code_of(settle(both.beside.front().facts.address)), "engine.not_running");
}

TEST_P(DriverBeside, ANodeGoesToItsOtherAddressAndBackAndIsReplacedWhereItIs) {
    const std::string first = start_both().facts.address;
    ASSERT_TRUE(settle(look("app-1").spare_address));
    const std::string second = look("app-1").facts.address;
    ASSERT_TRUE(bench.wait(driver().replace(fence, facts_of("app-1", one), 5s)));
    EXPECT_EQ(look("app-1").facts.address, second);
    ASSERT_TRUE(start_beside("app-1", two));
    look_until("app-1", both_run);
    ASSERT_TRUE(settle(first));
    EXPECT_EQ(look("app-1").facts.address, first);
    EXPECT_EQ(look("app-1").facts.release, two);
}

TEST_P(DriverBeside, WhatBesideComesBackByItselfBeforeAndAfterItIsTheNode) {
    machines->add_release("3333333333333333333333333333333333333333", "sleep 0.2\nexit 3\n");
    ASSERT_TRUE(start("app-1", one));
    ASSERT_TRUE(start_beside("app-1", "3333333333333333333333333333333333333333"));
    const Instance both = look_until("app-1", [](const Instance& i) {
        return !i.beside.empty() && i.beside.front().restarts >= 1;
    });
    ASSERT_TRUE(settle(both.beside.front().facts.address));
    const auto before = look("app-1").restarts;
    EXPECT_GE(before, 1);
    look_until("app-1", [before](const Instance& i) { return i.restarts > before; });
}

TEST_P(DriverBeside, WhereIsNoRoomNothingIsStartedBeside) {
    ASSERT_TRUE(start("app-2", one));
    EXPECT_EQ(look("app-2").spare_address, "");
    EXPECT_EQ(code_of(start_beside("app-2", two)), "engine.no_room");
    EXPECT_TRUE(look("app-2").beside.empty());
}

TEST_P(DriverBeside, WhoeverLostTheMachinesStartsAndEndsNothingBeside) {
    const Instance both = start_both();
    ASSERT_TRUE(bench.wait(driver().take("another", 1min, deploy::Claim::rollback)));
    EXPECT_EQ(code_of(start_beside("app-1", two)), "engine.fenced");
    EXPECT_EQ(code_of(settle(both.facts.address)), "engine.fenced");
    EXPECT_TRUE(both_run(look("app-1")));
}

TEST_P(DriverBeside, KilledAndBackTheEngineKnowsTheNodeAndNothingBeside) {
    const Instance both = start_both();
    machines->kill_engine();
    machines->start_engine();
    EXPECT_EQ(look("app-1").facts, both.facts);
    EXPECT_TRUE(look("app-1").beside.empty());
    ASSERT_TRUE(start("app-1", one));
    EXPECT_TRUE(start_beside("app-1", two));
    look_until("app-1", both_run);
}

}  // namespace acme::testing
