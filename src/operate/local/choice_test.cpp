#include "operate/local/choice.hpp"

#include <gtest/gtest.h>

#include <set>

namespace acme::local {
namespace {

deploy::Facts facts(std::string release, std::string known_good, std::string track = "stable") {
    return {
        .environment = "",
        .node = "",
        .role = "",
        .release = std::move(release),
        .digest = "",
        .known_good = std::move(known_good),
        .deployment = "dpl_1",
        .track = std::move(track),
        .spec = "",
        .address = "",
    };
}

struct World {
    Situation situation(std::map<std::string, deploy::Facts> known, bool is_new = false) const {
        return {
            .nodes = {"app-1", "app-2", "app-3"},
            .facts = std::move(known),
            .program = "program",
            .is_new = is_new,
            .is_there = [this](const std::string& id) { return there.contains(id); },
        };
    }

    std::set<std::string> there{"program", "old", "late"};
};

TEST(Choice, WhereNothingWasTheProgramIsTheReleaseAndGoodByBirth) {
    const World world;
    const Choice choice = choose_releases(world.situation({}));
    EXPECT_TRUE(choice.is_release_of_program);
    EXPECT_EQ(choice.release, "program");
    EXPECT_EQ(choice.starts.at("app-3").release, "program");
    EXPECT_EQ(choice.starts.at("app-3").known_good, "program");
    EXPECT_EQ(choice.starts.at("app-3").deployment, "up");
    EXPECT_EQ(choice.starts.at("app-3").track, "stable");
}

TEST(Choice, AProgramThatIsNewReplacesWhatWasDeployed) {
    const World world;
    const auto was = facts("late", "old");
    const Choice choice =
        choose_releases(world.situation({{"app-1", was}, {"app-2", was}, {"app-3", was}}, true));
    EXPECT_TRUE(choice.is_release_of_program);
    EXPECT_EQ(choice.starts.at("app-1").release, "program");
}

TEST(Choice, AProgramThatIsKnownStartsWhatWasDeployedSince) {
    const World world;
    const auto was = facts("late", "old");
    const Choice choice =
        choose_releases(world.situation({{"app-1", was}, {"app-2", was}, {"app-3", was}}));
    EXPECT_FALSE(choice.is_release_of_program);
    EXPECT_EQ(choice.release, "late");
    EXPECT_EQ(choice.starts.at("app-1"), was);
}

TEST(Choice, ACanaryGoesBackAndTheOthersStayAsTheyWere) {
    const World world;
    const Choice choice = choose_releases(world.situation(
        {{"app-1", facts("late", "old", "canary")},
         {"app-2", facts("old", "old")},
         {"app-3", facts("old", "old")}}
    ));
    EXPECT_EQ(choice.starts.at("app-1").release, "old");
    EXPECT_EQ(choice.starts.at("app-1").known_good, "old");
    EXPECT_EQ(choice.starts.at("app-1").track, "stable");
    EXPECT_EQ(choice.release, "old");
}

TEST(Choice, ANodeThatNeverWasStartsWhatMostOfThemStart) {
    const World world;
    const Choice choice = choose_releases(
        world.situation({{"app-1", facts("late", "old")}, {"app-2", facts("late", "old")}})
    );
    EXPECT_EQ(choice.starts.at("app-3").release, "late");
    EXPECT_FALSE(choice.is_release_of_program);
}

TEST(Choice, AReleaseThatIsGoneIsReplacedByTheOneToReturnTo) {
    World world;
    world.there.erase("late");
    const auto was = facts("late", "old");
    EXPECT_EQ(choose_releases(world.situation({{"app-1", was}})).starts.at("app-1").release, "old");
    world.there.erase("old");
    const Choice choice = choose_releases(world.situation({{"app-1", was}}));
    EXPECT_EQ(choice.starts.at("app-1").release, "program");
    EXPECT_TRUE(choice.is_release_of_program);
}

}  // namespace
}  // namespace acme::local
