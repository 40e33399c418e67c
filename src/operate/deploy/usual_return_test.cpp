// Where a rollback goes that names no release, by what the machines and the journal's files tell.
#include "operate/deploy/usual_return.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

Instance node(std::string name, std::string release, std::string known_good) {
    Instance instance;
    instance.facts.node = std::move(name);
    instance.facts.role = "serve";
    instance.facts.release = std::move(release);
    instance.facts.known_good = std::move(known_good);
    return instance;
}

Told told(std::string release, std::string known_good, std::string kind = "release") {
    Told one;
    one.deployment.environment = "production";
    one.deployment.kind = std::move(kind);
    one.deployment.release = std::move(release);
    one.deployment.known_good = std::move(known_good);
    one.deployment.ended_at = WallTime{};
    return one;
}

const std::vector<Instance> everywhere = {node("app-1", "b", "b"), node("app-2", "b", "b")};

TEST(UsualReturn, IsToWhatMostOfTheNodesHaveForGoodAlsoWhenTheLastOneWasLeftBehind) {
    const std::vector<Instance> nodes{
        node("app-1", "c", "b"), node("app-2", "c", "b"), node("app-3", "a", "a")
    };
    EXPECT_EQ(known_good_of(nodes), "b");
    EXPECT_EQ(return_from_what_is(nodes, {}, "production"), "b");
}

TEST(UsualReturn, IsToTheKnownGoodReleaseWhileAnyNodeHasAnother) {
    std::vector<Instance> nodes = everywhere;
    nodes[1].beside.push_back(node("app-2", "c", "b"));
    EXPECT_EQ(return_from_what_is(nodes, {}, "production"), "b");
    nodes[1] = node("app-2", "c", "b");
    EXPECT_EQ(return_from_what_is(nodes, {}, "production"), "b");
}

TEST(UsualReturn, EndsADeploymentThatHasTouchedNoNodeYet) {
    Told begun = told("c", "b");
    begun.deployment.ended_at.reset();
    EXPECT_EQ(return_from_what_is(everywhere, {begun}, "production"), "b");
    EXPECT_EQ(return_from_what_is(everywhere, {begun}, "staging"), "");
}

TEST(UsualReturn, HasNothingToReturnFromWhereTheKnownGoodReleaseRunsEverywhere) {
    EXPECT_EQ(return_from_what_is(everywhere, {told("b", "a")}, "production"), "");
}

TEST(UsualReturn, GoesBehindTheKnownGoodReleaseToWhatWasGoodWhenItCame) {
    const std::vector<Told> all{told("b", "a"), told("c", "b"), told("b", "b", "rollback")};
    EXPECT_EQ(good_before("b", all, "production"), "a");
    EXPECT_EQ(good_before("a", all, "production"), "");
    EXPECT_EQ(good_before("b", all, "staging"), "");
}

}  // namespace
}  // namespace acme::deploy
