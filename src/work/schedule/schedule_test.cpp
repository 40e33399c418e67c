// Which moments are fired, by whom, and how often: once.
#include "testing/bench.hpp"
#include "work/schedule/scheduler.hpp"

namespace acme::schedule {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr pg::Query count_jobs{"test.count_jobs", "SELECT count(*) FROM jobs"};
constexpr pg::Query forget_last{"test.forget_last", R"sql(
    UPDATE schedules SET last_at = last_at - interval '1 day'
)sql"};

struct ScheduleBench : testing::Bench {
    ScheduleBench() { schedule.every("test.sweep", minutes(5), "test.work", R"({"a":1})"); }

    int tick(Scheduler& scheduler) { return wait(scheduler.tick()); }

    std::int64_t jobs() { return wait(db.run(context, count_jobs))[0].integer(); }

    Schedule schedule;
    Scheduler first{schedule, db, telemetry, {.name = "first"}};
    Scheduler second{schedule, db, telemetry, {.name = "second"}};
};

TEST(Schedule, MomentsAreMultiplesOfThePeriodSince1970) {
    EXPECT_EQ(moment_before(testing::start + seconds(59), minutes(1)), testing::start);
    EXPECT_EQ(moment_before(testing::start, hours(24)), testing::start - hours(10));
}

TEST(Schedule, ANewNameBeginsWithItsNextMoment) {
    ScheduleBench bench;
    EXPECT_EQ(bench.tick(bench.first), 0);
    bench.clock.advance(minutes(5) - seconds(1));
    EXPECT_EQ(bench.tick(bench.first), 0);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.tick(bench.first), 1);
    EXPECT_EQ(bench.tick(bench.first), 0);
    EXPECT_EQ(bench.jobs(), 1);
}

TEST(Schedule, OnlyTheLeaderFires) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.clock.advance(minutes(5));
    bench.tick(bench.first);
    EXPECT_TRUE(bench.first.is_leader());
    EXPECT_EQ(bench.tick(bench.second), 0);
    EXPECT_FALSE(bench.second.is_leader());
    EXPECT_EQ(bench.jobs(), 1);
}

TEST(Schedule, AnotherLeadsWhenTheLeaderIsDeadForElevenSeconds) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.clock.advance(seconds(9));
    bench.tick(bench.second);
    EXPECT_FALSE(bench.second.is_leader());
    bench.clock.advance(seconds(2));
    bench.tick(bench.second);
    EXPECT_TRUE(bench.second.is_leader());

    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.tick(bench.second), 1);
    EXPECT_EQ(bench.tick(bench.first), 0);
    EXPECT_FALSE(bench.first.is_leader());
    EXPECT_EQ(bench.jobs(), 1);
}

TEST(Schedule, AFormerLeaderThatDoesNotKnowItCannotFire) {
    ScheduleBench bench;
    Scheduler sure(
        bench.schedule, bench.db, bench.telemetry, {.name = "sure", .beat_period = hours(24)}
    );
    bench.tick(sure);
    bench.clock.advance(minutes(5));
    bench.tick(bench.second);
    EXPECT_TRUE(sure.is_leader());
    EXPECT_TRUE(bench.second.is_leader());
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.tick(sure), 0);
    EXPECT_FALSE(sure.is_leader());
    EXPECT_EQ(bench.tick(bench.second), 1);
}

TEST(Schedule, AMomentIsFiredOnceEvenIfItsNoteWasLost) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.tick(bench.first), 1);
    bench.wait(bench.db.run(bench.context, forget_last));
    EXPECT_EQ(bench.tick(bench.first), 0);
    EXPECT_EQ(bench.jobs(), 1);
}

TEST(Schedule, OfMissedMomentsOnlyTheLastIsFired) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.clock.advance(minutes(32));
    EXPECT_EQ(bench.tick(bench.second), 1);
    EXPECT_EQ(bench.jobs(), 1);
    EXPECT_NE(bench.metrics.text().find("scheduler_missed_total 5"), std::string::npos);
}

TEST(Schedule, WhatWasMissedLongAgoIsNotFired) {
    ScheduleBench bench;
    bench.schedule.every("test.daily", hours(24), "test.work");
    bench.tick(bench.first);
    bench.clock.advance(hours(16));  // 02:00
    EXPECT_EQ(bench.tick(bench.second), 1);
    bench.clock.advance(hours(24) - minutes(90));  // 00:30
    EXPECT_EQ(bench.tick(bench.second), 2);
}

TEST(Schedule, AStoppedLeaderLetsTheNextOneLeadAtOnce) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.first.stop();
    bench.wait(bench.first.run());
    EXPECT_FALSE(bench.first.is_leader());
    bench.tick(bench.second);
    EXPECT_TRUE(bench.second.is_leader());
    EXPECT_NE(bench.metrics.text().find("scheduler_is_leader 1"), std::string::npos);
}

TEST(Schedule, NamesAreUniqueAndPeriodsASecondAtLeast) {
    ScheduleBench bench;
    EXPECT_THROW(bench.schedule.every("test.sweep", minutes(1), "k"), std::logic_error);
    EXPECT_THROW(bench.schedule.every("test.fast", seconds(0), "k"), std::logic_error);
}

}  // namespace
}  // namespace acme::schedule
