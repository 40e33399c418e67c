#include "operate/drift/drift.hpp"

#include "testing/bench.hpp"

namespace acme::drift {
namespace {

const Deviation weight{"weight", "app-1", "19", "7"};
const Deviation state{"state", "app-2", "ready", "drain"};

struct LooksBench : testing::Bench {
    Look keep(std::vector<Deviation> found, std::string note = "") {
        return wait(
            looks.keep(context, "local", clock.now(), "r", std::move(note), std::move(found))
        );
    }

    Looks looks{db};
};

TEST(DriftLooks, NobodyHasLookedAtFirst) {
    LooksBench bench;
    EXPECT_FALSE(bench.wait(bench.looks.last(bench.context, "local")));
}

TEST(DriftLooks, WhatIsSeenAgainKeepsTheTimeSinceWhen) {
    LooksBench bench;
    const WallTime first = bench.clock.now();
    bench.keep({weight});
    bench.clock.advance(std::chrono::minutes(5));
    const Look second = bench.keep({state, weight});

    const auto last = bench.wait(bench.looks.last(bench.context, "local"));

    ASSERT_TRUE(last);
    EXPECT_EQ(last->looked_at, bench.clock.now());
    ASSERT_EQ(last->seen.size(), 2);
    EXPECT_EQ(last->seen[0].since, bench.clock.now());
    EXPECT_EQ(last->seen[1].since, first);
    EXPECT_EQ(last->seen[1].deviation, weight);
    EXPECT_EQ(to_json(*last), to_json(second));
}

TEST(DriftLooks, OneThatComparedNothingKeepsWhatTheOneBeforeSaw) {
    LooksBench bench;
    bench.keep({weight});
    bench.clock.advance(std::chrono::minutes(5));
    bench.keep({}, "dpl_1 is under way");
    const auto last = bench.wait(bench.looks.last(bench.context, "local"));
    EXPECT_EQ(last->note, "dpl_1 is under way");
    ASSERT_EQ(last->seen.size(), 1);
    EXPECT_EQ(last->seen[0].deviation, weight);
}

}  // namespace
}  // namespace acme::drift
