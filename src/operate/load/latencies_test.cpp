#include "operate/load/latencies.hpp"

#include <gtest/gtest.h>

namespace acme::load {
namespace {

using std::chrono::microseconds;

TEST(Latencies, WithoutAnyEverythingIsNothing) {
    const Latencies none;

    EXPECT_EQ(none.quantile(0.99), microseconds(0));
    EXPECT_EQ(none.max(), microseconds(0));
}

TEST(Latencies, AQuantileIsNeverBelowTheTruthAndAtMostTwoPercentAboveIt) {
    Latencies latencies;
    for (int i = 1; i <= 100'000; ++i) latencies.add(microseconds(i));

    for (const double share : {0.001, 0.5, 0.95, 0.99, 0.999}) {
        const double truth = share * 100'000;
        const auto found = static_cast<double>(latencies.quantile(share).count());
        EXPECT_GE(found, truth);
        EXPECT_LE(found, truth * 1.02);
    }
}

TEST(Latencies, TheLastQuantileIsTheLongestTime) {
    Latencies latencies;
    latencies.add(microseconds(10));
    latencies.add(std::chrono::seconds(9));

    EXPECT_EQ(latencies.quantile(1), std::chrono::seconds(9));
    EXPECT_EQ(latencies.quantile(0.5), microseconds(10));
}

TEST(Latencies, TimesBeyondTheLastStepAreKeptInIt) {
    Latencies latencies;
    latencies.add(std::chrono::hours(100));
    latencies.add(microseconds(-5));

    EXPECT_EQ(latencies.count(), 2);
    EXPECT_LE(latencies.quantile(1), std::chrono::hours(100));
    EXPECT_EQ(latencies.quantile(0.5), microseconds(0));
}

}  // namespace
}  // namespace acme::load
