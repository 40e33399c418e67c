// What an organization may ask for, beside what each of its people may, on a real Redis.
#include "platform/limits/limits.hpp"
#include "testing/limits_bench.hpp"

namespace acme::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::LimitsBench;

/// Two people of one organization, which may ask ten times.
struct OrgBench : LimitsBench {
    explicit OrgBench(
        Options options = {.user_max = 8, .org_max = 10}, milliseconds deadline = seconds(2)
    )
        : LimitsBench(options, deadline) {
        ada.org_key = key_of(org);
    }

    OrgId org = OrgId::make(testing::start, random);
    Caller bob = caller_of(UserId::make(testing::start, random), "b", org);
};

TEST(OrgLimits, AllOfAnOrganizationShareItsQuotaBesideTheirOwn) {
    OrgBench bench;
    EXPECT_EQ(bench.send(9, bench.ada), 8) << "as many as one person may";
    EXPECT_EQ(bench.send(9, bench.bob), 2) << "and as many as are left of the organization";
    const Standing refused = bench.count(0, bench.bob);
    EXPECT_EQ(refused.levels.back().policy, Policy::org);
    const auto other = OrgId::make(testing::start, bench.random);
    const auto eve = caller_of(UserId::make(testing::start, bench.random), "e", other);
    EXPECT_EQ(bench.send(9, eve), 8) << "another organization has its own";
    EXPECT_EQ(bench.send(3, caller_at("192.0.2.1")), 3) << "nobody is in none";
}

TEST(OrgLimits, WhatIsRefusedByOneQuotaCountsInNeither) {
    OrgBench bench;
    EXPECT_EQ(bench.send(20, bench.ada), 8);
    EXPECT_EQ(bench.send(20, bench.bob), 2) << "what Ada was refused used up nothing of theirs";
    bench.server.ask("DEL " + bench.ada.org_key);
    bench.clock.advance(seconds(120));
    EXPECT_EQ(bench.send(20, bench.bob), 6) << "nor did what Bob was refused of his own";
}

TEST(OrgLimits, BothAreInTheHeadersAndARefusalNamesWhatIsExceeded) {
    OrgBench bench;
    http::HeaderList headers;
    bench.nodes[0]->limits.tell(bench.count(0, bench.ada), headers);
    EXPECT_EQ(headers.at(0).second, R"("user";q=8;w=60, "org";q=10;w=60)");
    EXPECT_NE(headers.at(1).second.find(R"("user";r=7;t=)"), std::string::npos);
    EXPECT_NE(headers.at(1).second.find(R"(, "org";r=9;t=)"), std::string::npos);
    bench.send(20, bench.ada);
    bench.send(20, bench.bob);
    for (int i = 0; i < 2; ++i) {  // by Redis, then by what the node remembers
        const auto refused = refusal(bench.count(0, bench.bob), "/v1/me", bench.trace);
        EXPECT_NE(refused.body.find(R"("violated-policies":["org"])"), std::string::npos);
    }
    EXPECT_NE(bench.metrics.text().find(R"(policy="org")"), std::string::npos);
}

TEST(OrgLimits, TheOrganizationThatOnlyTheCompanionNamesIsCountedInTheSameRoundTrip) {
    OrgBench bench;
    bench.server.ask("SET session org=" + bench.org.str());
    Caller ada = bench.ada;
    ada.org_key = "";
    bench.server.ask("CONFIG RESETSTAT");
    for (int i = 0; i < 2; ++i) {  // the node knows it when it asks again
        const auto counted = bench.wait(
            bench.nodes[0]->limits.ask(bench.context, ada, {.key = "session", .org = "^org=(%S+)$"})
        );
        ASSERT_TRUE(counted && counted->standing);
        EXPECT_EQ(counted->standing->levels.at(1).policy, Policy::org);
        EXPECT_EQ(counted->standing->levels.at(1).remaining, 9 - i);
    }
    EXPECT_EQ(bench.scripts_run(), "2");
    EXPECT_EQ(bench.send(20, bench.bob), 8);
}

TEST(OrgLimits, ARequestThatWeighsMoreWeighsAsMuchInBoth) {
    OrgBench bench;
    Caller search = bench.ada;
    search.weight = 5;
    const Standing standing = bench.count(0, search);
    EXPECT_EQ(standing.levels.at(0).remaining, 3);
    EXPECT_EQ(standing.levels.at(1).remaining, 5);
    search = bench.bob;
    search.weight = 6;
    EXPECT_EQ(bench.send(1, search), 0);
    EXPECT_EQ(bench.send(8, bench.bob), 5) << "what is lighter still fits";
}

TEST(OrgLimits, ARedisThatIsGoneLeavesEachNodeItsShareOfTheOrganization) {
    OrgBench bench({.user_max = 30, .org_max = 30}, milliseconds(200));
    EXPECT_EQ(bench.send(12, bench.ada), 12);
    bench.server.kill();
    EXPECT_EQ(bench.send(60, bench.bob), 18) << "what passed before counts";
    const Standing refused = bench.count(0, bench.bob);
    EXPECT_EQ(refused.mode, Mode::local);
    EXPECT_FALSE(refused.levels.at(0).is_exceeded);
    EXPECT_TRUE(refused.levels.at(1).is_exceeded);
}

TEST(OrgLimits, ARedisThatWasEmptiedOpensNoSecondWindowOfTheOrganization) {
    OrgBench bench({.user_max = 30, .org_max = 30});
    EXPECT_EQ(bench.send(21, bench.ada), 21);
    bench.server.ask("FLUSHALL");
    EXPECT_EQ(bench.send(60, bench.bob), 9);
}

TEST(OrgLimits, ARedisThatGoesOnAfterItHungIsToldWhatTheOrganizationDidMeanwhile) {
    OrgBench bench({.user_max = 60, .org_max = 30}, milliseconds(50));
    EXPECT_EQ(bench.send(15, bench.ada), 15);
    bench.server.stop();
    int passed = bench.send(9, bench.bob);
    EXPECT_EQ(passed, 9);
    bench.server.go_on();
    for (int i = 0; i < 40; ++i) {
        bench.clock.advance(milliseconds(250));
        bench.wait(sleep_for(milliseconds(5)));
        passed += bench.send(3, bench.bob);
    }
    EXPECT_EQ(passed, 15) << "neither more nor less: what was late counts once";
}

}  // namespace
}  // namespace acme::limits
