#include "operate/drift/compare.hpp"

#include <gtest/gtest.h>

namespace acme::drift {
namespace {

using balancer::Admin;

constexpr auto recorded = "1111111";

deploy::Instance instance(std::string node, std::string role, std::string address) {
    return {
        .facts =
            {.environment = "local",
             .node = std::move(node),
             .role = std::move(role),
             .release = recorded,
             .digest = "",
             .known_good = recorded,
             .deployment = "up",
             .track = "stable",
             .spec = "",
             .address = std::move(address)},
        .is_running = true,
    };
}

balancer::ServerNow server(std::string name, std::string address) {
    balancer::ServerNow now;
    now.node = name;
    now.name = std::move(name);
    now.address = std::move(address);
    now.port = 8080;
    now.weight = 19;
    return now;
}

/// Three that serve and a worker, all as they should be.
World world() {
    World all{.release = recorded, .instances = {}, .answers = {}, .servers = {}, .files = {}};
    for (const char number : {'1', '2', '3'}) {
        const std::string name = std::string("app-") + number;
        const std::string address = std::string("127.1.0.") + number;
        all.instances.push_back(instance(name, "serve", address));
        all.answers[name] = recorded;
        all.servers.push_back(server(name, address));
    }
    all.instances.push_back(instance("worker-1", "worker", "127.1.1.1"));
    return all;
}

std::vector<std::string> words(const Repair& repair) {
    std::vector<std::string> all;
    for (const Action& action : repair.actions) all.push_back(action.about);
    return all;
}

using Words = std::vector<std::string>;

TEST(Drift, NothingDeviatesWhereAllIsAsItIsRecorded) {
    EXPECT_TRUE(compare(world()).empty());
    EXPECT_TRUE(repair_of(world()).actions.empty());
}

TEST(Drift, AnotherReleaseAndAStoppedProcessAreReplaced) {
    World now = world();
    now.instances[1].facts.release = "2222222";
    now.answers["app-2"] = "2222222";
    now.instances[3].is_running = false;
    const auto found = compare(now);
    ASSERT_EQ(found.size(), 2);
    EXPECT_EQ(found[0].text(), "app-2: release is 2222222, recorded is 1111111");
    EXPECT_EQ(found[1].text(), "worker-1: process is stopped, recorded is running");
    EXPECT_EQ(
        words(repair_of(now)),
        (Words{"drains app-2 and starts 1111111 there", "drains worker-1 and starts 1111111 there"})
    );
}

TEST(Drift, AReleaseThatIsNotOnTheMachinesAndAForeignProgramAreForAPerson) {
    World gone = world();
    gone.instances[0].facts.release = "2222222";
    gone.answers["app-1"] = "2222222";
    gone.has_release = false;
    EXPECT_TRUE(repair_of(gone).actions.empty());
    EXPECT_EQ(repair_of(gone).by_hand.size(), 1);

    World foreign = world();
    foreign.answers["app-1"] = "somebody else";
    EXPECT_EQ(
        compare(foreign), (std::vector<Deviation>{{"answer", "app-1", recorded, "somebody else"}})
    );
    EXPECT_TRUE(repair_of(foreign).actions.empty());
    EXPECT_NE(repair_of(foreign).by_hand.at(0).find("127.1.0.1:8080"), std::string::npos);
}

TEST(Drift, OneThatDoesNotAnswerIsIllAndNoDeviation) {
    World now = world();
    now.answers["app-1"] = "";
    EXPECT_TRUE(compare(now).empty());
}

TEST(Drift, TheBalancerIsHeldAgainstTheNodesAndAgainstItself) {
    World now = world();
    now.servers[0].weight = 7;
    now.servers[1].admin = Admin::maintenance;
    now.servers[2].address = "127.9.9.9";
    now.files = {{"app-3", "address", "127.9.9.9:8080", "127.1.0.3:8080"}};
    EXPECT_EQ(
        compare(now),
        (std::vector<Deviation>{
            {"weight", "app-1", "19", "7"},
            {"state", "app-2", "ready", "maintenance"},
            {"address", "app-3", "127.1.0.3:8080", "127.9.9.9:8080"},
            {"file", "app-3", "address 127.1.0.3:8080", "address 127.9.9.9:8080"},
        })
    );
    EXPECT_EQ(
        words(repair_of(now)),
        (Words{
            "leads the balancer's app-3 to 127.1.0.3:8080",
            "gives app-2 traffic again, as soon as its checks succeed",
            "gives app-1 the weight 19 of the others",
        })
    );
}

TEST(Drift, AServerTooManyIsRemovedAndOneTooFewIsAdded) {
    World now = world();
    now.servers[2] = server("ghost", "127.9.9.9");
    EXPECT_EQ(
        compare(now),
        (std::vector<Deviation>{
            {"presence", "app-3", "in the balancer", "not there"},
            {"presence", "ghost", "no such node", "in the balancer"},
        })
    );
    const Repair repair = repair_of(now);
    ASSERT_EQ(repair.actions.size(), 2);
    EXPECT_EQ(repair.actions[0].kind, ActionKind::add);
    EXPECT_EQ(repair.actions[0].address, "127.1.0.3");
    EXPECT_EQ(repair.actions[1].kind, ActionKind::remove);
}

TEST(Drift, FilesAloneAreWritten) {
    World now = world();
    now.files = {{"app-1", "weight", "1", "19"}};
    EXPECT_EQ(words(repair_of(now)), (Words{"writes the balancer's files from what runs"}));
}

TEST(Drift, AReplacementGivesTrafficBackItself) {
    World now = world();
    now.instances[0].is_running = false;
    now.servers[0].admin = Admin::drain;
    EXPECT_EQ(words(repair_of(now)), (Words{"drains app-1 and starts 1111111 there"}));
}

TEST(Drift, WhatMostWeighIsRightAndNothingIsNoWeight) {
    EXPECT_EQ(common_weight({}), balancer::stable_weight);
    World now = world();
    for (auto& each : now.servers) each.weight = 0;
    EXPECT_EQ(common_weight(now.servers), balancer::stable_weight);
    now.servers[0].weight = 4;
    EXPECT_EQ(common_weight(now.servers), 4);
}

TEST(Drift, AnotherWorldHasAnotherDigest) {
    World one = world();
    one.servers[0].weight = 7;
    World two = one;
    two.servers[1].admin = Admin::drain;
    EXPECT_EQ(repair_of(one).digest(), repair_of(one).digest());
    EXPECT_NE(repair_of(one).digest(), repair_of(two).digest());
}

}  // namespace
}  // namespace acme::drift
