#include "operate/deploy/patience.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{};

TEST(Patience, OneSilenceInALongStepIsNotItsEnd) {
    Patience patience;
    EXPECT_FALSE(patience.ends(start, start + 15min));
    EXPECT_FALSE(patience.ends(start + 15min, start + 15min + 59s));
}

TEST(Patience, EndsWithAnOutageThatLasts) {
    Patience patience;
    EXPECT_FALSE(patience.ends(start, start + 2s));
    EXPECT_FALSE(patience.ends(start + 30s, start + 32s));
    EXPECT_TRUE(patience.ends(start + 60s, start + 62s));
}

TEST(Patience, BeginsAnewWithAnotherOutage) {
    Patience patience;
    EXPECT_FALSE(patience.ends(start, start + 1s));
    EXPECT_FALSE(patience.ends(start + 2s, start + 10min));
    EXPECT_FALSE(patience.ends(start + 10min, start + 10min + 5s));
}

}  // namespace
}  // namespace acme::deploy
