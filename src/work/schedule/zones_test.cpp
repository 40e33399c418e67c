// Zones whose clocks are others than was thought.
#include "work/schedule/zones.hpp"

#include "base/moment.hpp"
#include "testing/bench.hpp"
#include "work/schedule/scheduler.hpp"

namespace acme::schedule {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr pg::Query read_by_others{"test.read_by_others", R"sql(
    UPDATE schedules SET zones = 'older', zone_offset_s = $1, zone_offset_at = last_at, next_at = $2
)sql"};
constexpr pg::Query fire_last{"test.fire_last", "UPDATE schedules SET last_at = $1"};
constexpr pg::Query read_zones{"test.zones", "SELECT zones FROM schedules"};

const std::string org = "org_01jd7m3kt5f9a8q2w4e6r8t0y1";

WallTime at(std::string_view text) { return parse_time(text).value(); }

cron::Timing berlin(std::string_view cron) {
    return cron::Timing::of_cron(cron, *cron::Zone::find("Europe/Berlin")).value();
}

std::string next_after_change(std::string_view cron, std::string_view last, hours offset) {
    const cron::Timing timing = berlin(cron);
    return to_rfc3339(timing.next(goes_on_from(timing, at(last), offset)).value()).substr(0, 16);
}

TEST(ChangedZones, ATimeOnTheClockComesOnceADayWhicheverWayTheClocksWereWrong) {
    // It was done with at 03:00 of clocks that were thought to be 0, 1 and 2 hours ahead.
    EXPECT_EQ(next_after_change("0 3 * * *", "2026-12-01T03:00:00Z", hours(0)), "2026-12-02T02:00");
    EXPECT_EQ(next_after_change("0 3 * * *", "2026-12-01T02:00:00Z", hours(1)), "2026-12-02T02:00");
    EXPECT_EQ(next_after_change("0 3 * * *", "2026-12-01T01:00:00Z", hours(2)), "2026-12-02T02:00");
}

TEST(ChangedZones, TheNextTimeOnTheClockIsNotLost) {
    // 03:30 was thought to be at 03:30 UTC; 04:00 is before that, and was not done yet.
    EXPECT_EQ(
        next_after_change("0,30 3,4 * * *", "2026-12-01T03:30:00Z", hours(0)), "2026-12-01T03:00"
    );
    EXPECT_EQ(
        next_after_change("0,30 3,4 * * *", "2026-12-01T01:30:00Z", hours(2)), "2026-12-01T03:00"
    );
}

TEST(ChangedZones, WhatFollowsRealTimeGoesOn) {
    EXPECT_EQ(next_after_change("0 * * * *", "2026-12-01T03:00:00Z", hours(0)), "2026-12-01T04:00");
    EXPECT_EQ(
        next_after_change("@every 90m", "2026-12-01T03:00:00Z", hours(5)), "2026-12-01T04:30"
    );
}

struct ZonesBench : testing::Bench {
    Task<> put() {
        Rule rule;
        rule.cron = "0 3 * * *";
        rule.zone = "Europe/Berlin";
        rule.kind = "report.make";
        auto transaction = co_await db.begin(context);
        co_await write(transaction, context, clock, org, "nightly", std::nullopt, rule, "usr_1");
        co_await transaction.commit(context);
    }

    Row row() { return wait(find(db, context, org, "nightly")).value(); }
    std::string zones() { return wait(db.run(context, read_zones))[0].text(); }

    Schedule own;
    int told = 0;
};

TEST(ChangedZones, ALeaderComputesAnewWhatOthersComputed) {
    ZonesBench bench;
    bench.wait(bench.put());
    EXPECT_EQ(bench.zones(), cron::zones_version());
    const WallTime right = at("2026-11-24T02:00:00Z");
    EXPECT_EQ(bench.row().next_at, right);
    bench.wait(bench.db.run(bench.context, read_by_others, 0, right + hours(1)));

    Scheduler leader(bench.own, bench.db, bench.telemetry, {.name = "leader"});
    bench.wait(leader.tick());

    EXPECT_EQ(bench.row().next_at, right);
    EXPECT_EQ(bench.zones(), cron::zones_version());
}

TEST(ChangedZones, WhatWasFiredByTheOldClocksIsNotFiredAgain) {
    ZonesBench bench;
    bench.wait(bench.put());
    const WallTime fired = at("2026-11-24T01:00:00Z");  // 03:00, two hours ahead
    bench.wait(bench.db.run(bench.context, fire_last, fired));
    bench.wait(bench.db.run(bench.context, read_by_others, 7200, fired + hours(24)));
    bench.clock.advance(hours(15));  // 01:00 UTC
    Scheduler leader(bench.own, bench.db, bench.telemetry, {.name = "leader"});
    EXPECT_EQ(bench.wait(leader.tick()), 0);
    bench.clock.advance(hours(1) + seconds(1));
    EXPECT_EQ(bench.wait(leader.tick()), 0);
    EXPECT_EQ(bench.row().next_at, at("2026-11-25T02:00:00Z"));
}

TEST(ChangedZones, ALeaderThatReadsAnOlderDatabaseThanTheMachineHasSaysSo) {
    ZonesBench bench;
    std::string there = "2026a";
    SchedulerOptions options{.name = "leader", .zones_period = seconds(60), .zones = "2026a"};
    options.zones_there = [&] { return there; };
    options.outdated = [&] { ++bench.told; };
    Scheduler leader(bench.own, bench.db, bench.telemetry, options);
    bench.wait(leader.tick());
    there = "2026b";
    bench.wait(leader.tick());
    EXPECT_EQ(bench.told, 0);
    bench.clock.advance(seconds(60));
    bench.wait(leader.tick());
    EXPECT_EQ(bench.told, 1);
}

}  // namespace
}  // namespace acme::schedule
