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

constexpr pg::Query pause_all{"test.pause_all", R"sql(
    UPDATE schedules SET paused_at = now()
)sql"};

struct ScheduleBench : testing::Bench {
    ScheduleBench() { schedule.every("test.sweep", minutes(5), "test.work", R"({"a":1})"); }

    int tick(Scheduler& scheduler) { return wait(scheduler.tick()); }

    std::int64_t jobs() { return wait(db.run(context, count_jobs))[0].integer(); }

    Schedule schedule;
    Scheduler first{schedule, db, telemetry, {.name = "first"}};
    Scheduler second{schedule, db, telemetry, {.name = "second"}};
};

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
    EXPECT_THROW(bench.schedule.cron("test.cron", "61 * * * *", "k"), std::logic_error);
}

TEST(Schedule, TheProgramMayHaveCronsOfItsOwn) {
    ScheduleBench bench;
    bench.schedule.cron("test.cron", "CRON_TZ=Europe/Berlin 30 12 * * *", "test.work");  // 11:30
    bench.tick(bench.first);
    bench.clock.advance(minutes(89));
    EXPECT_EQ(bench.tick(bench.second), 1);  // of the other one
    bench.clock.advance(minutes(1));
    EXPECT_EQ(bench.tick(bench.second), 2);
}

TEST(Schedule, WhatWasMissedIsWrittenDownAsOneStretch) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.clock.advance(minutes(32));
    bench.tick(bench.second);
    const auto rows = bench.wait(history(bench.db, bench.context, "", "test.sweep", {}, 10));
    ASSERT_EQ(rows.size(), 2);
    EXPECT_EQ(rows[0].state, "open");
    EXPECT_EQ(rows[0].moment, testing::start + minutes(30));
    EXPECT_EQ(rows[1].state, "missed");
    EXPECT_EQ(rows[1].moments, 5);
    EXPECT_EQ(rows[1].moment, testing::start + minutes(5));
    EXPECT_EQ(rows[1].through, testing::start + minutes(25));
}

TEST(Schedule, APausedOneOfTheProgramIsNotFired) {
    ScheduleBench bench;
    bench.tick(bench.first);
    bench.wait(bench.db.run(bench.context, pause_all));
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.tick(bench.first), 0);
}

TEST(Schedule, WhatThisReleaseHasNoMoreIsShownNoLonger) {
    ScheduleBench bench;
    bench.tick(bench.first);
    EXPECT_EQ(bench.wait(list(bench.db, bench.context, "", "", 10)).size(), 1);
    Schedule other;
    other.every("test.other", minutes(5), "test.work");
    Scheduler next(other, bench.db, bench.telemetry, {.name = "next"});
    bench.clock.advance(seconds(11));
    bench.tick(next);
    const auto rows = bench.wait(list(bench.db, bench.context, "", "", 10));
    ASSERT_EQ(rows.size(), 1);
    EXPECT_EQ(rows[0].name, "test.other");
    EXPECT_EQ(rows[0].rule.cron, "@every 300s");
}

}  // namespace
}  // namespace acme::schedule
