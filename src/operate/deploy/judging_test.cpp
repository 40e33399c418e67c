#include "operate/deploy/judging.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

TEST(Judging, AHoldThatIsHeardAfterTheCanaryHoldsNothingUp) {
    EXPECT_TRUE(is_held(Judged::canary, "hold"));
    EXPECT_FALSE(is_held(Judged::canary, "resume"));
    EXPECT_FALSE(is_held(Judged::batch, "hold"));
    EXPECT_FALSE(is_held(Judged::watch, "hold"));
}

}  // namespace
}  // namespace acme::deploy
