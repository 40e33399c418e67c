#include "operate/deploy/aftermath.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

constexpr WallTime now{std::chrono::hours(490'000)};

Deployment taken_back(std::string outcome) {
    Deployment deployment;
    deployment.kind = "release";
    deployment.state = "rolled_back";
    deployment.outcome = std::move(outcome);
    deployment.ended_at = now - std::chrono::seconds(20);
    return deployment;
}

TEST(Aftermath, FollowsAReturnForErrorsAndNothingElse) {
    EXPECT_TRUE(needs_aftermath(taken_back("error_ratio: 12 of 125 failed"), now));
    EXPECT_TRUE(needs_aftermath(taken_back("site: 200 of 900 failed"), now));
    EXPECT_TRUE(needs_aftermath(taken_back("probe: 10 of 10 failed"), now));
    EXPECT_FALSE(needs_aftermath(taken_back("cpu: 9.0 ms a request"), now));
    EXPECT_FALSE(needs_aftermath(taken_back("Aborted by anna."), now));
}

TEST(Aftermath, FollowsNoneThatIsLongOverOrOfAnotherKind) {
    Deployment old = taken_back("error_ratio: 12 of 125 failed");
    old.ended_at = now - std::chrono::minutes(2);
    EXPECT_FALSE(needs_aftermath(old, now));
    Deployment asked = taken_back("error_ratio: 12 of 125 failed");
    asked.kind = "rollback";
    EXPECT_FALSE(needs_aftermath(asked, now));
    Deployment runs = taken_back("error_ratio: 12 of 125 failed");
    runs.state = "rolling_back";
    runs.ended_at.reset();
    EXPECT_FALSE(needs_aftermath(runs, now));
}

}  // namespace
}  // namespace acme::deploy
