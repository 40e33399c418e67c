#include "operate/changes/drills.hpp"

#include "testing/bench.hpp"

namespace acme::changes {
namespace {

struct DrillsBench : testing::Bench {
    Drill begun(std::string kind = "node-kill") {
        Drill drill{
            .id = DrillId::make(clock.now(), random),
            .kind = std::move(kind),
            .environment = "staging",
            .release = "4f2a91c",
            .actor = "cli",
            .begun_at = clock.now(),
        };
        wait(drills.begin(context, drill));
        clock.advance(std::chrono::seconds(5));
        return drill;
    }

    std::vector<Drill> list() { return wait(drills.list(context, "staging", 10)); }

    Drills drills{db};
};

TEST(Drills, WhatWasExpectedAndWhatWasFoundIsKept) {
    DrillsBench bench;
    Drill drill = bench.begun();
    EXPECT_EQ(bench.list().at(0).result, "");
    drill.expected = {{"no GET fails", "0 of 212 failed", true}, {"back soon", "after 9 s", false}};
    drill.result = result_of(drill.expected, false);
    drill.ended_at = bench.clock.now();

    bench.wait(bench.drills.end(bench.context, drill));

    const auto all = bench.list();
    ASSERT_EQ(all.size(), 1);
    EXPECT_EQ(all[0].result, "failed");
    EXPECT_EQ(all[0].ended_at, drill.ended_at);
    ASSERT_EQ(all[0].expected.size(), 2);
    EXPECT_EQ(all[0].expected[1].found, "after 9 s");
    EXPECT_FALSE(all[0].expected[1].is_met);
}

TEST(Drills, OneEndsOnce) {
    DrillsBench bench;
    Drill drill = bench.begun();
    drill.ended_at = bench.clock.now();
    drill.result = "stopped";
    bench.wait(bench.drills.end(bench.context, drill));
    drill.result = "passed";

    bench.wait(bench.drills.end(bench.context, drill));

    EXPECT_EQ(bench.list().at(0).result, "stopped");
}

TEST(Drills, AreListedNewestFirst) {
    DrillsBench bench;
    bench.begun("node-kill");
    bench.begun("rollback");

    EXPECT_EQ(bench.list().at(0).kind, "rollback");
    EXPECT_EQ(bench.list().at(1).kind, "node-kill");
}

TEST(Drills, OnePassesOnlyWhenAllWasMetAndSomethingWasLookedAt) {
    EXPECT_EQ(result_of({{"a", "b", true}}, false), "passed");
    EXPECT_EQ(result_of({{"a", "b", true}, {"c", "d", false}}, false), "failed");
    EXPECT_EQ(result_of({}, false), "failed");
    EXPECT_EQ(result_of({{"a", "b", true}}, true), "stopped");
}

}  // namespace
}  // namespace acme::changes
