#include "operate/deploy/told.hpp"

#include <gtest/gtest.h>

namespace acme::deploy {
namespace {

namespace json = boost::json;

const WallTime noon{std::chrono::hours(12)};

DeploymentId id_of(std::uint64_t number) { return {{.high = number, .low = 0}}; }

/// The records of one deployment, as a controller tells them.
struct Teller {
    DeploymentId id;
    std::vector<Record> records = {};
    WallTime at = noon;

    Teller& tell(std::string kind, json::object data) {
        const auto seq = static_cast<std::int64_t>(records.size()) + 1;
        records.push_back({id, seq, at, std::move(kind), std::move(data)});
        return *this;
    }
    Teller& begin(std::string release, std::int64_t fence, std::string kind = "release") {
        return tell(
            "begun",
            {{"environment", "local"},
             {"kind", std::move(kind)},
             {"release", std::move(release)},
             {"fence", fence}}
        );
    }
    Teller& state(std::string name) {
        return tell("state", {{"state", std::move(name)}, {"outcome", ""}});
    }
    Teller& cancel(std::string state, std::int64_t fence) {
        return tell(
            "cancels",
            {{"environment", "local"},
             {"outcome", "taken over"},
             {"state", std::move(state)},
             {"fence", fence}}
        );
    }
};

std::vector<Told> told_by_all(std::vector<Teller> tellers) {
    std::vector<Record> records;
    for (const Teller& teller : tellers) {
        records.insert(records.end(), teller.records.begin(), teller.records.end());
    }
    return told_by(records);
}

TEST(Told, StepsThatWereBegunAndNotEndedAreKnown) {
    Teller teller{id_of(1)};
    teller.begin("new", 1);
    teller.tell("step_begun", {{"number", 1}}).tell("step_ended", {{"number", 1}});
    teller.tell("step_begun", {{"number", 2}});

    const Told told = told_by_all({teller}).at(0);

    EXPECT_EQ(told.last_step, 2);
    EXPECT_EQ(told.open_steps, std::vector<std::int64_t>{2});
    EXPECT_EQ(told.last_seq, 4);
}

TEST(Told, WhatIsLeftOfAWatchIsThatOfTheLastLookAndNotOfAClock) {
    Teller teller{id_of(1)};
    teller.begin("new", 1).tell("sample", {{"remaining_ms", 3}}).state("succeeded");
    teller.tell("step_begun", {{"number", 9}});
    EXPECT_EQ(told_by_all({teller})[0].left, std::nullopt);
    teller.at = noon + std::chrono::days(400);
    teller.tell("sample", {{"remaining_ms", 600'000}});

    EXPECT_EQ(told_by_all({teller})[0].left, std::chrono::minutes(10));
}

TEST(Told, ARollbackEndsWhatWasBegunBeforeItAlsoWhenTheClockWentBack) {
    Teller before{id_of(2)};
    before.begin("new", 1).state("rolling");
    Teller rollback{id_of(1)};
    rollback.at = noon - std::chrono::hours(5);
    rollback.begin("old", 2, "rollback").cancel("cancelled", 2).state("rolled_back");
    Teller after{id_of(3)};
    after.at = noon - std::chrono::hours(6);
    after.begin("newer", 3).state("canary");

    const auto all = told_by_all({after, rollback, before});

    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].deployment.state, "cancelled");
    EXPECT_EQ(all[0].deployment.outcome, "taken over");
    EXPECT_EQ(all[1].deployment.state, "rolled_back");
    EXPECT_EQ(all[2].deployment.state, "canary");
    EXPECT_FALSE(all[2].deployment.has_ended());
}

TEST(Told, WhatHadSucceededIsRolledBackByARollbackAndSupersededByANewerOne) {
    Teller first{id_of(1)};
    first.begin("a", 1).state("succeeded");
    Teller newer{id_of(2)};
    newer.begin("b", 2).cancel("superseded", 2).state("succeeded");
    Teller rollback{id_of(3)};
    rollback.begin("a", 3, "rollback").cancel("cancelled", 3);

    const auto all = told_by_all({first, newer, rollback});

    EXPECT_EQ(all[0].deployment.state, "superseded");
    EXPECT_EQ(all[1].deployment.state, "rolled_back");
    EXPECT_FALSE(all[2].deployment.has_ended());
}

TEST(Told, AnEndIsFinal) {
    Teller teller{id_of(1)};
    teller.begin("new", 1).state("rolled_back").state("rolling");

    EXPECT_EQ(told_by_all({teller})[0].deployment.state, "rolled_back");
}

TEST(Told, WhatNobodyBeganIsNoDeployment) {
    Teller teller{id_of(1)};
    teller.state("refused");

    EXPECT_TRUE(told_by_all({teller}).empty());
}

}  // namespace
}  // namespace acme::deploy
