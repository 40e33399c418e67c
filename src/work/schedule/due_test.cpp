// Which moments are fired, and which are given up; and what a rule may say.
#include "work/schedule/due.hpp"

#include "base/moment.hpp"

#include <gtest/gtest.h>

namespace acme::schedule {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

WallTime at(std::string_view text) { return parse_time(text).value(); }

const WallTime noon = at("2026-11-24T12:00Z");

Rule hourly(Catchup catchup) {
    Rule rule;
    rule.cron = "0 * * * *";
    rule.kind = "report.make";
    rule.catchup = catchup;
    return rule;
}

Due due_of(const Rule& rule, WallTime last, WallTime now, seconds jitter = seconds(0)) {
    std::vector<FieldError> problems;
    return find_due(rule, timing_of(rule, problems).value(), jitter, last, now);
}

TEST(Due, NothingIsBeforeTheNextMoment) {
    const Due due = due_of(hourly(Catchup::last), noon, noon + minutes(59));
    EXPECT_TRUE(due.fire.empty());
    EXPECT_FALSE(due.missed);
    EXPECT_EQ(due.last, noon);
    EXPECT_EQ(due.next, noon + hours(1));
}

TEST(Due, AMomentIsInTimeForAMinute) {
    EXPECT_FALSE(due_of(hourly(Catchup::none), noon, noon + hours(1)).fire.at(0).is_catchup);
    const WallTime late = noon + hours(1) + seconds(61);
    EXPECT_TRUE(due_of(hourly(Catchup::last), noon, late).fire.at(0).is_catchup);
    const Due given_up = due_of(hourly(Catchup::none), noon, late);
    EXPECT_TRUE(given_up.fire.empty());
    EXPECT_EQ(given_up.missed->moments, 1);
    EXPECT_EQ(given_up.last, noon + hours(1));
}

TEST(Due, OfManyTheLastIsFiredOrAllOrNone) {
    Rule rule = hourly(Catchup::last);
    rule.window_s = 4 * 3600;
    const WallTime now = noon + hours(10) + minutes(30);
    const Due last = due_of(rule, noon, now);
    ASSERT_EQ(last.fire.size(), 1);
    EXPECT_EQ(last.fire[0].at, noon + hours(10));
    EXPECT_EQ(last.missed->first, noon + hours(1));
    EXPECT_EQ(last.missed->last, noon + hours(9));
    EXPECT_EQ(last.missed->moments, 9);
    rule.catchup = Catchup::all;
    const Due all = due_of(rule, noon, now);
    ASSERT_EQ(all.fire.size(), 4);
    EXPECT_EQ(all.fire[0].at, noon + hours(7));
    EXPECT_EQ(all.missed->moments, 6);
    rule.catchup = Catchup::none;
    EXPECT_EQ(due_of(rule, noon, now).missed->moments, 10);
    EXPECT_EQ(due_of(rule, noon, now).next, noon + hours(11));
}

TEST(Due, TooManyForOnceAreLeftForTheNextCall) {
    Rule rule = hourly(Catchup::all);
    rule.cron = "* * * * * *";
    rule.window_s = 3600;
    const WallTime now = noon + minutes(5);
    const Due first = due_of(rule, noon, now);
    EXPECT_EQ(first.fire.size(), static_cast<std::size_t>(fired_max));
    EXPECT_EQ(first.last, noon + seconds(fired_max));
    EXPECT_LE(*first.next, now);
    const Due second = due_of(rule, first.last, now);
    EXPECT_EQ(second.fire.front().at, first.fire.back().at + seconds(1));
    const Due given_up = due_of(rule, noon - hours(9), now);
    EXPECT_EQ(given_up.missed->moments, looked_at_max);
    EXPECT_TRUE(given_up.fire.empty());
}

TEST(Due, JitterMakesAllOfThemLaterByTheSame) {
    const Rule rule = hourly(Catchup::last);
    EXPECT_TRUE(due_of(rule, noon, noon + hours(1) + seconds(9), seconds(10)).fire.empty());
    EXPECT_EQ(due_of(rule, noon, noon + hours(1) + seconds(10), seconds(10)).fire.size(), 1);
    Rule jittered = rule;
    jittered.jitter_s = 600;
    EXPECT_LT(jitter_of(jittered, "org_1/nightly"), seconds(600));
    EXPECT_EQ(jitter_of(jittered, "org_1/nightly"), jitter_of(jittered, "org_1/nightly"));
    EXPECT_NE(jitter_of(jittered, "org_1/nightly"), jitter_of(jittered, "org_2/nightly"));
}

TEST(Due, NothingComesBeforeTheBeginningOrAfterTheEnd) {
    Rule rule = hourly(Catchup::all);
    rule.starts_at = noon + hours(2);
    rule.ends_at = noon + hours(3);
    rule.window_s = 86'400;
    const Due due = due_of(rule, noon, noon + hours(9));
    ASSERT_EQ(due.fire.size(), 2);
    EXPECT_EQ(due.fire[0].at, noon + hours(2));
    EXPECT_EQ(due.next, std::nullopt);
}

std::string codes_of(const Rule& rule) {
    std::string codes;
    for (const FieldError& problem : problems_of(rule, noon)) {
        codes += (codes.empty() ? "" : " ") + problem.pointer + "=" + problem.code;
    }
    return codes;
}

TEST(Rule, IsRefusedForAllThatIsWrongWithIt) {
    EXPECT_EQ(codes_of(hourly(Catchup::last)), "");
    Rule rule;
    rule.kind = "Report";
    rule.queue = "";
    rule.zone = "Mars";
    rule.args = R"({"schedule": 1})";
    rule.priority = 10;
    rule.window_s = -1;
    rule.jitter_s = 86'401;
    rule.failures_max = 0;
    EXPECT_EQ(
        codes_of(rule),
        "/zone=schedules.zone /cron=schedules.timing /queue=schedules.queue /kind=schedules.kind "
        "/payload=schedules.payload /priority=schedules.priority /window_seconds=schedules.window "
        "/jitter_seconds=schedules.jitter /pause_after_failures=schedules.failures"
    );
    rule = hourly(Catchup::last);
    rule.cron = "61 * * 13 *";
    const auto problems = problems_of(rule, noon);
    ASSERT_EQ(problems.size(), 2);
    EXPECT_EQ(problems[0].detail, "at character 1: expected a minute, 0 to 59");
    rule.cron = "0 0 30 2 *";
    EXPECT_EQ(codes_of(rule), "/cron=schedules.never");
    rule.cron = "";
    rule.rrule = "FREQ=DAILY";
    EXPECT_EQ(codes_of(rule), "/starts_at=schedules.times");
    rule.starts_at = noon;
    rule.ends_at = noon - hours(1);
    EXPECT_EQ(codes_of(rule), "/ends_at=schedules.times");
    rule.ends_at = noon + hours(1);
    EXPECT_EQ(codes_of(rule), "/rrule=schedules.never");
    rule = hourly(Catchup::last);
    for (const char* const args : {"[]", "{", "", "1"}) {
        rule.args = args;
        EXPECT_EQ(codes_of(rule), "/payload=schedules.payload") << args;
    }
    rule.args = R"({"a": ")" + std::string(args_bytes_max, 'x') + R"("})";
    EXPECT_EQ(codes_of(rule), "/payload=schedules.payload");
}

TEST(Rule, TellsTheJobOfItsMoment) {
    Rule rule = hourly(Catchup::last);
    rule.args = R"({"to":"ada"})";
    EXPECT_EQ(
        args_for(rule, "nightly", noon, noon + seconds(1), true),
        R"({"to":"ada","schedule":{"name":"nightly","scheduled_at":"2026-11-24T12:00:00.000000Z",)"
        R"("fired_at":"2026-11-24T12:00:01.000000Z","catchup":true}})"
    );
}

}  // namespace
}  // namespace acme::schedule
