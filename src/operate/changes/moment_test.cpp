#include "operate/changes/moment.hpp"

#include <gtest/gtest.h>

namespace acme::changes {
namespace {

constexpr WallTime now =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(12);

std::string time_in(std::string_view text) {
    const auto time = parse_time(text);
    return time ? to_rfc3339(*time) : "none";
}

TEST(Moment, ATimeIsReadWithAndWithoutItsOffset) {
    EXPECT_EQ(time_in("2026-11-24T18:00:00Z"), "2026-11-24T18:00:00.000000Z");
    EXPECT_EQ(time_in("2026-11-24T18:00Z"), "2026-11-24T18:00:00.000000Z");
    EXPECT_EQ(time_in("2026-11-24 18:00"), "2026-11-24T18:00:00.000000Z");
    EXPECT_EQ(time_in("2026-11-24T18:00:30.25+01:30"), "2026-11-24T16:30:30.250000Z");
    EXPECT_EQ(time_in("2026-12-31T23:30:00-02:00"), "2027-01-01T01:30:00.000000Z");
    EXPECT_EQ(time_in("2028-02-29T00:00Z"), "2028-02-29T00:00:00.000000Z");
}

TEST(Moment, WhatIsNoTimeIsNotTakenForOne) {
    for (const std::string_view text :
         {"",
          "tomorrow",
          "2026-11-24",
          "2026-13-01T00:00Z",
          "2026-02-29T00:00Z",
          "2026-11-24T24:00Z",
          "2026-11-24T18:60Z",
          "2026-11-24T18:00:60Z",
          "2026-11-24T18:00+0100",
          "2026-11-24T18:00Z now",
          "26-11-24T18:00Z"}) {
        EXPECT_EQ(time_in(text), "none") << text;
    }
}

TEST(Moment, AnEndIsATimeOrHowLongFromNow) {
    using std::chrono::hours;
    EXPECT_EQ(parse_until("90m", now), now + std::chrono::minutes(90));
    EXPECT_EQ(parse_until("2h", now), now + hours(2));
    EXPECT_EQ(parse_until("3d", now), now + hours(72));
    EXPECT_EQ(parse_until("2026-11-24T18:00Z", now), now + hours(6));
    for (const std::string_view text :
         {"", "2", "h", "2 h", "-2h", "2w", "100001d", "999999999999m"}) {
        const auto until = parse_until(text, now);
        ASSERT_FALSE(until) << text;
        EXPECT_EQ(until.error().code.text(), "changes.moment");
    }
}

TEST(Moment, ADurationIsANumberWithItsUnitWithinItsBounds) {
    using std::chrono::milliseconds;
    constexpr std::chrono::seconds least{1};
    constexpr std::chrono::hours most{24};
    const auto read = [&](std::string_view text) { return parse_duration(text, least, most); };

    EXPECT_EQ(read("1s"), milliseconds(1'000));
    EXPECT_EQ(read("10m"), milliseconds(600'000));
    EXPECT_EQ(read("24h"), milliseconds(86'400'000));
    for (const char* text :
         {"",
          "s",
          "10",
          "0s",
          "500ms",
          "-1s",
          "1.5m",
          "25h",
          "1441m",
          "86401s",
          "2147483647s",
          "9223372036854775807m",
          "153722867280913m"}) {
        EXPECT_EQ(read(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_duration("61m", least, std::chrono::hours(1)), std::nullopt);
}

}  // namespace
}  // namespace acme::changes
