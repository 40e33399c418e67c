// What an expression may say, and what is told when it says something else.
#include "work/cron/timing.hpp"

#include <gtest/gtest.h>

namespace acme::cron {
namespace {

/// "3 a minute, 0 to 59; 9 7 fields at most": each problem with its position.
std::string problems(const std::vector<Problem>& all) {
    std::string text;
    for (const Problem& problem : all) {
        text +=
            (text.empty() ? "" : "; ") + std::to_string(problem.position) + " " + problem.expected;
    }
    return text;
}

std::string of_cron(std::string_view text) {
    const auto timing = Timing::of_cron(text);
    return timing ? "" : problems(timing.error());
}

std::string of_rrule(std::string_view text) {
    const auto timing = Timing::of_rrule(text, WallTime());
    return timing ? "" : problems(timing.error());
}

TEST(Cron, TakesWhatTheDialectHas) {
    for (const std::string_view text :
         {"* * * * *",
          " 0\t0 1 1 0 ",
          "0 0 0 1 jan sun",
          "0 0 0 1 1 7 2030-2040/2",
          "5,10-20/5,59 * * * *",
          "0 0 L,15W,LW,L-30 * ?",
          "0 0 ? * mon#1,5L,FriL",
          "0 0 1-7 * +2",
          "@yearly",
          "@annually",
          "@midnight",
          "@every 1s",
          "@every 366d",
          "TZ=Europe/Berlin @daily",
          "CRON_TZ=UTC 0 0 * * *",
          "0 0 * * 5-7"}) {
        EXPECT_EQ(of_cron(text), "") << text;
    }
}

TEST(Cron, NamesThePositionAndWhatWasExpected) {
    const std::string minute = "a minute, 0 to 59";
    EXPECT_EQ(of_cron("60 * * * *"), "1 " + minute);
    EXPECT_EQ(of_cron("0,61,x * * * *"), "3 " + minute + "; 6 " + minute);
    EXPECT_EQ(
        of_cron("0 24 * 13 mun"),
        "3 an hour, 0 to 23; 8 a month, 1 to 12 or Jan to Dec; 11 a weekday, 0 to 7 or Sun to Sat"
    );
    EXPECT_EQ(of_cron("? * * * *"), "1 " + minute);
    EXPECT_EQ(of_cron("*/90 * * * *"), "3 a step, 1 to 59");
    EXPECT_EQ(of_cron("*/0 * * * *"), "3 a step, 1 to 59");
    EXPECT_EQ(of_cron("30-10 * * * *"), "4 an end that is not before the beginning");
    EXPECT_EQ(of_cron("5x * * * *"), "2 a comma, a blank, - or /");
    EXPECT_EQ(of_cron("5, * * * *"), "3 " + minute);
    EXPECT_EQ(of_cron("0 0 32 * *"), "5 a day, 1 to 31, L, LW or 15W");
    EXPECT_EQ(of_cron("0 0 L-31 * *"), "7 days before the last, 1 to 30");
    EXPECT_EQ(of_cron("0 0 LX * *"), "6 a comma or a blank");
    EXPECT_EQ(of_cron("0 0 * * 2#6"), "11 which of the month, 1 to 5");
    EXPECT_EQ(of_cron("0 0 * * 8"), "9 a weekday, 0 to 7 or Sun to Sat");
    EXPECT_EQ(of_cron("0 0 1 1 1 1 1969"), "13 a year, 1970 to 2199");
    EXPECT_EQ(of_cron("99999999999999999999 * * * *"), "1 " + minute);
}

TEST(Cron, SaysWhenThereAreTooFewOrTooManyFields) {
    const std::string fields =
        "minute, hour, day, month and weekday; seconds before them and years behind them if need "
        "be";
    EXPECT_EQ(of_cron(""), "1 " + fields);
    EXPECT_EQ(of_cron("* * * *"), "8 " + fields);
    EXPECT_EQ(of_cron("* * * * * * * *"), "15 7 fields at most");
    EXPECT_EQ(of_cron(std::string(300, '*')), "257 256 characters at most");
}

TEST(Cron, KnowsItsShortHandsAndZones) {
    EXPECT_EQ(
        of_cron("@reboot"),
        "1 @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly or @every"
    );
    EXPECT_EQ(of_cron("@daily 5"), "8 nothing more");
    EXPECT_EQ(of_cron("@every"), "7 a period, such as 90s");
    for (const std::string_view period : {"0s", "1", "1h30", "-5m", "5y", "367d", "99999999999s"}) {
        EXPECT_EQ(
            of_cron("@every " + std::string(period)),
            "8 a period of 1s to 366d, such as 90s or 1h30m"
        ) << period;
    }
    const std::string zone = "the IANA name of a time zone, such as Europe/Berlin";
    EXPECT_EQ(of_cron("TZ=Mars/Olympus 0 0 * * *"), "4 " + zone);
    EXPECT_EQ(of_cron("CRON_TZ= 0 60 * * *"), "9 " + zone + "; 12 an hour, 0 to 23");
    EXPECT_EQ(of_cron("TZ=../../etc/passwd @daily"), "4 " + zone);
}

TEST(Recurrence, NamesThePositionAndWhatWasExpected) {
    EXPECT_EQ(of_rrule("FREQ=WEEKLY;BYDAY=MO,FR;WKST=SU"), "");
    EXPECT_EQ(of_rrule("RRULE:FREQ=DAILY;UNTIL=20301231"), "");
    EXPECT_EQ(
        of_rrule("FREQ=SECONDLY"),
        "6 DAILY, WEEKLY, MONTHLY or YEARLY; what comes more often is said in cron"
    );
    EXPECT_EQ(of_rrule("FREQ=DAILY;COUNT=0;INTERVAL=x"), "18 1 to 10000; 29 1 to 1000");
    EXPECT_EQ(of_rrule("INTERVAL=2"), "11 FREQ=, such as FREQ=DAILY");
    EXPECT_EQ(
        of_rrule("FREQ=DAILY;BYHOUR=25"), "19 values as RFC 5545 has them, with commas between"
    );
    EXPECT_EQ(
        of_rrule("FREQ=MONTHLY;BYDAY=1XX"), "20 values as RFC 5545 has them, with commas between"
    );
    EXPECT_EQ(of_rrule("FREQ=DAILY;COUNT=2;UNTIL=20301231"), "20 COUNT or UNTIL, not both");
    EXPECT_EQ(of_rrule("FREQ=DAILY;FREQ=DAILY"), "12 each part once");
    EXPECT_EQ(of_rrule("FREQ=DAILY;UNTIL=2030"), "18 a time such as 20261231T235959Z");
    for (const std::string_view text :
         {"FREQ=WEEKLY;BYDAY=MO,2SU", "BYDAY=-1FR;FREQ=DAILY", "FREQ=YEARLY;BYDAY=2SU;BYWEEKNO=20"
         }) {
        EXPECT_NE(of_rrule(text).find(" days without a number: 2SU goes"), std::string::npos)
            << text;
    }
    EXPECT_NE(of_rrule("FREQ=YEARLY;RSCALE=CHINESE"), "");
    EXPECT_NE(of_rrule("FREQ=DAILY;"), "");
    EXPECT_NE(of_rrule(""), "");
}

TEST(Recurrence, WhatNeverComesIsRefusedBeforeItIsLookedFor) {
    for (const std::string_view text :
         {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
          "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-30",
          "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4,6",
          "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
          "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
          "FREQ=DAILY;BYSETPOS=2",
          "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
          "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2"}) {
        EXPECT_EQ(of_rrule(text), "1 parts that some day within 40 years fulfils") << text;
    }
    for (const std::string_view text :
         {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
          "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=29",
          "FREQ=DAILY;BYHOUR=8,20;BYSETPOS=-1",
          "FREQ=YEARLY;BYYEARDAY=-366",
          "FREQ=YEARLY;BYWEEKNO=53",
          "FREQ=YEARLY;BYDAY=53TH",
          "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5",
          "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=28"}) {
        EXPECT_EQ(of_rrule(text), "") << text;
    }
}

TEST(Zone, IsKnownByItsName) {
    EXPECT_TRUE(Zone::find("UTC"));
    EXPECT_TRUE(Zone::find("Europe/Berlin"));
    EXPECT_EQ(
        Zone::find("America/Argentina/Buenos_Aires")->name(), "America/Argentina/Buenos_Aires"
    );
    for (const std::string_view name :
         {"", "Berlin", "Europe/Berlin ", "europe/berlin", "tzdata.zi"}) {
        EXPECT_FALSE(Zone::find(name)) << name;
    }
}

}  // namespace
}  // namespace acme::cron
