#include "platform/keys/patience.hpp"

#include "testing/bench.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace acme::keys {
namespace {

Task<> fail() {
    throw std::runtime_error("broken");
    co_return;
}

struct PatienceBench : testing::DryBench {
    ~PatienceBench() {
        while (!hanging.empty()) hanging.resume_first(true);
        wait(patience.close());
    }

    void run(bool hangs) {
        wait(patience.run("work", [this, hangs](trace::Context) { return work(hangs); }));
    }

    Task<> work(bool hangs) {
        ++begun;
        if (hangs) co_await hanging.wait();
        ++ended;
    }

    WaitQueue<bool> hanging;
    Patience patience{telemetry};
    int begun = 0;
    int ended = 0;
};

TEST(Patience, WaitsForWhatEndsInTime) {
    PatienceBench bench;
    bench.run(false);
    bench.run(false);
    EXPECT_EQ(bench.begun, 2);
    EXPECT_EQ(bench.ended, 2);
}

TEST(Patience, LeavesWhatHangsBehindAndBeginsItOnlyOnce) {
    PatienceBench bench;
    bench.run(true);
    bench.clock.advance(Patience::wait_max);
    bench.run(true);
    EXPECT_EQ(bench.begun, 1);
    EXPECT_EQ(bench.ended, 0);
    bench.hanging.resume_first(true);
    bench.wait(bench.patience.close());
    EXPECT_EQ(bench.ended, 1);
    bench.run(false);
    EXPECT_EQ(bench.ended, 2);
}

TEST(Patience, AFailureIsNobodysAndIsLogged) {
    PatienceBench bench;
    bench.wait(bench.patience.run("work", [](trace::Context) { return fail(); }));
    ASSERT_FALSE(bench.lines.empty());
    EXPECT_NE(bench.lines.back().find("keys.read_failed"), std::string::npos);
}

}  // namespace
}  // namespace acme::keys
