#include "io/cli/plan.hpp"

#include <gtest/gtest.h>

namespace acme::cli {
namespace {

Plan plan_of(std::string about, std::string made_from) {
    return {
        .steps = {{
            .about = std::move(about),
            .undo = "acme balancer ready app-2",
            .nodes = {"app-2"},
            .expected = std::chrono::milliseconds(1'500),
        }},
        .made_from = std::move(made_from),
    };
}

TEST(CliPlan, AnotherStepAndAnotherWorldAreAnotherDigest) {
    const Plan plan = plan_of("drains app-2", "app-2 ready");

    EXPECT_EQ(plan.digest(), plan_of("drains app-2", "app-2 ready").digest());
    EXPECT_NE(plan.digest(), plan_of("drains app-3", "app-2 ready").digest());
    EXPECT_NE(plan.digest(), plan_of("drains app-2", "app-2 drain").digest());
}

TEST(CliPlan, ShowsEachStepWithWhatTakesItBackAndHowLongAllMayTake) {
    const Plan plan = plan_of("drains app-2", "");

    EXPECT_EQ(
        plan.words(),
        (std::vector<std::string>{
            "  1  drains app-2",
            "     undo: acme balancer ready app-2",
            "Expected  2 s",
            "Plan      " + plan.digest(),
        })
    );
    EXPECT_EQ(plan.json().at("digest").as_string(), plan.digest());
    EXPECT_EQ(plan.json().at("expected_ms").as_int64(), 1'500);
}

TEST(CliPlan, IsDoneWhenNobodyNamedOneOrThisOneAndRefusedWhenItWasAnother) {
    const Plan plan = plan_of("drains app-2", "");
    Call call;
    EXPECT_TRUE(expect(call, plan, "test.plan_moved"));

    call.options["--plan"] = plan.digest();
    EXPECT_TRUE(expect(call, plan, "test.plan_moved"));

    call.options["--plan"] = plan_of("drains app-3", "").digest();
    const auto refused = expect(call, plan, "test.plan_moved");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode("test.plan_moved"));
}

}  // namespace
}  // namespace acme::cli
