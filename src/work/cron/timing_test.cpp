// When rules come, where clocks are changed and where they are not.
#include "work/cron/timing.hpp"

#include "base/moment.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace acme::cron {
namespace {

using std::chrono::seconds;

WallTime at(std::string_view text) { return parse_time(text).value(); }

Timing cron(std::string_view text, std::string_view zone = "UTC", Dst dst = Dst::vixie) {
    auto timing = Timing::of_cron(text, Zone::find(zone).value(), dst);
    if (!timing) throw std::logic_error(std::string(text) + ": " + timing.error()[0].expected);
    return *std::move(timing);
}

Timing rrule(std::string_view text, std::string_view start, std::string_view zone = "UTC") {
    auto timing = Timing::of_rrule(text, at(start), Zone::find(zone).value());
    if (!timing) throw std::logic_error(std::string(text) + ": " + timing.error()[0].expected);
    return *std::move(timing);
}

/// The runs from `from` on, as the clocks of the zone show them, with blanks between.
std::string runs(const Timing& timing, std::string_view from, int count) {
    std::string all;
    std::optional<WallTime> time = at(from);
    for (int i = 0; i < count; ++i) {
        time = timing.next(*time);
        if (!time) return all + "never";
        all += to_local(timing.zone(), *time) + (i + 1 < count ? " " : "");
    }
    return all;
}

TEST(Timing, FollowsTheTableOfChangedClocks) {
    struct Case {
        std::string_view text, zone, from;
        Dst dst;
        int count;
        std::string_view expected;
    };
    constexpr std::string_view new_york = "America/New_York";
    constexpr std::string_view lord_howe = "Australia/Lord_Howe";
    constexpr std::string_view spring = "2026-03-08T00:00-05:00";
    constexpr std::string_view autumn = "2026-11-01T00:00-04:00";
    constexpr std::string_view island = "2026-10-04T00:00+10:30";
    const Case cases[] = {
        {"30 2 * * *",
         new_york,
         spring,
         Dst::vixie,
         2,
         "2026-03-08T03:00:00-04:00 2026-03-09T02:30:00-04:00"},
        {"30 2 * * *", new_york, spring, Dst::skip, 1, "2026-03-09T02:30:00-04:00"},
        {"30 2 * * *",
         new_york,
         spring,
         Dst::shift,
         2,
         "2026-03-08T03:30:00-04:00 2026-03-09T02:30:00-04:00"},
        {"30 2 * * *", new_york, spring, Dst::both, 1, "2026-03-08T03:00:00-04:00"},
        {"0,30 2,3 * * *",
         new_york,
         spring,
         Dst::vixie,
         3,
         "2026-03-08T03:00:00-04:00 2026-03-08T03:30:00-04:00 2026-03-09T02:00:00-04:00"},
        {"0,45 2,3 * * *",
         new_york,
         spring,
         Dst::shift,
         3,
         "2026-03-08T03:00:00-04:00 2026-03-08T03:45:00-04:00 2026-03-09T02:00:00-04:00"},
        {"*/20 2 * * *", new_york, spring, Dst::vixie, 1, "2026-03-09T02:00:00-04:00"},
        {"15 2 * * *",
         lord_howe,
         island,
         Dst::vixie,
         2,
         "2026-10-04T02:30:00+11:00 2026-10-05T02:15:00+11:00"},
        {"15 2 * * *", lord_howe, island, Dst::shift, 1, "2026-10-04T02:45:00+11:00"},
        {"15 2 * * *", lord_howe, island, Dst::skip, 1, "2026-10-05T02:15:00+11:00"},
        {"30 1 * * *",
         new_york,
         autumn,
         Dst::vixie,
         2,
         "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
        {"30 1 * * *",
         new_york,
         autumn,
         Dst::shift,
         2,
         "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
        {"30 1 * * *",
         new_york,
         autumn,
         Dst::skip,
         3,
         "2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-05:00 2026-11-02T01:30:00-05:00"},
        {"30 1 * * *",
         new_york,
         autumn,
         Dst::both,
         2,
         "2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-05:00"},
        {"*/30 1 * * *",
         new_york,
         autumn,
         Dst::vixie,
         5,
         "2026-11-01T01:00:00-04:00 2026-11-01T01:30:00-04:00 2026-11-01T01:00:00-05:00 "
         "2026-11-01T01:30:00-05:00 2026-11-02T01:00:00-05:00"},
        {"0 * * * *",
         new_york,
         "2026-11-01T00:30-04:00",
         Dst::vixie,
         3,
         "2026-11-01T01:00:00-04:00 2026-11-01T01:00:00-05:00 2026-11-01T02:00:00-05:00"},
        {"0 9 * * *",
         "Pacific/Apia",
         "2011-12-29T12:00-10:00",
         Dst::vixie,
         2,
         "2011-12-31T00:00:00+14:00 2011-12-31T09:00:00+14:00"},
    };
    for (const Case& row : cases) {
        const Timing timing = cron(row.text, row.zone, row.dst);
        EXPECT_EQ(runs(timing, row.from, row.count), row.expected)
            << row.text << " " << row.zone << " " << name_of(row.dst);
    }
}

TEST(Timing, SaysWhatPeopleAskFor) {
    const std::string_view from = "2026-11-29T12:00Z";
    EXPECT_EQ(
        runs(cron("0 3 * * Tue#1"), from, 2), "2026-12-01T03:00:00+00:00 2027-01-05T03:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 3 1-7 * +Tue"), from, 2), "2026-12-01T03:00:00+00:00 2027-01-05T03:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 */2 * 1"), from, 3),  // either: plain stars only are no restriction
        "2026-11-30T00:00:00+00:00 2026-12-01T00:00:00+00:00 2026-12-03T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 L * *"), from, 2), "2026-11-30T00:00:00+00:00 2026-12-31T00:00:00+00:00"
    );
    EXPECT_EQ(runs(cron("0 0 L-2 2 ?"), from, 1), "2027-02-26T00:00:00+00:00");
    EXPECT_EQ(
        runs(cron("0 0 LW * ?"), from, 3),
        "2026-11-30T00:00:00+00:00 2026-12-31T00:00:00+00:00 2027-01-29T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 1W 5,8 ?"), from, 2),  // the 1st are a Saturday and a Sunday
        "2027-05-03T00:00:00+00:00 2027-08-02T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 ? * 5L"), from, 2), "2026-12-25T00:00:00+00:00 2027-01-29T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 ? * Fri-Sun"), from, 3),
        "2026-12-04T00:00:00+00:00 2026-12-05T00:00:00+00:00 2026-12-06T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 0 29 2 ? 2027-2040"), from, 2),
        "2028-02-29T00:00:00+00:00 2032-02-29T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("0 0 29 2 +Mon"), from, 2), "2044-02-29T00:00:00+00:00 2072-02-29T00:00:00+00:00"
    );
    EXPECT_EQ(
        runs(cron("15,45 30 12 * * ?"), from, 2),
        "2026-11-29T12:30:15+00:00 2026-11-29T12:30:45+00:00"
    );
    EXPECT_EQ(
        runs(cron("@every 1h30m"), from, 2), "2026-11-29T13:30:00+00:00 2026-11-29T15:00:00+00:00"
    );
    EXPECT_EQ(runs(cron("CRON_TZ=Asia/Tokyo 0 9 * * *"), from, 1), "2026-11-30T09:00:00+09:00");
}

TEST(Timing, WhatNeverComesIsSaidToNeverCome) {
    for (const std::string_view text :
         {"0 0 30 2 *", "0 0 31 4,6,9,11 ?", "0 0 0 1 1 ? 1999", "0 0 31W 2 ?", "* * * 30 2 ?"}) {
        for (const std::string_view zone : {"UTC", "America/New_York"}) {
            EXPECT_EQ(cron(text, zone).next(at("2026-11-29T12:00Z")), std::nullopt) << text;
        }
    }
    EXPECT_EQ(
        cron("0 30 2 ? 3 Sun#2 2027-2036", "America/New_York", Dst::skip)
            .next(at("2026-11-29T12:00Z")),
        std::nullopt
    );
    EXPECT_EQ(cron("0 0 0 1 1 ? 2020").prev(at("2019-01-01T00:00Z")), std::nullopt);
    EXPECT_EQ(cron("0 0 0 1 1 ? 2020").prev(at("2026-01-01T00:00Z")), at("2020-01-01T00:00Z"));
}

TEST(Timing, ARuleOfACalendarBeginsWithItsStart) {
    EXPECT_EQ(
        runs(rrule("FREQ=MONTHLY;BYDAY=1TU", "2026-11-29T03:00Z"), "2026-11-29T12:00Z", 2),
        "2026-12-01T03:00:00+00:00 2027-01-05T03:00:00+00:00"
    );
    EXPECT_EQ(
        runs(rrule("RRULE:FREQ=DAILY;COUNT=2", "2026-11-29T03:00Z"), "2026-11-01T00:00Z", 3),
        "2026-11-29T03:00:00+00:00 2026-11-30T03:00:00+00:00 never"
    );
    EXPECT_EQ(
        runs(
            rrule("FREQ=DAILY;INTERVAL=3;UNTIL=20261202T030000Z", "2026-11-29T03:00Z"),
            "2026-11-29T00:00Z",
            3
        ),
        "2026-11-29T03:00:00+00:00 2026-12-02T03:00:00+00:00 never"
    );
    EXPECT_EQ(
        runs(
            rrule("FREQ=DAILY", "2026-03-07T02:30-05:00", "America/New_York"),
            "2026-03-07T12:00-05:00",
            2
        ),
        "2026-03-08T03:00:00-04:00 2026-03-09T02:30:00-04:00"
    );
}

TEST(Timing, ARuleOfACalendarIsTheSameFromWhereverOneLooks) {
    for (const std::string_view text :
         {"FREQ=DAILY;INTERVAL=7",
          "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR",
          "FREQ=MONTHLY;INTERVAL=5",
          "FREQ=MONTHLY;BYDAY=-1FR",
          "FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=2SU",
          "FREQ=MONTHLY;BYMONTHDAY=31",
          "FREQ=YEARLY;BYYEARDAY=-1",
          "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
          "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"}) {
        const Timing timing = rrule(text, "2020-01-31T09:15Z");
        std::vector<WallTime> all;  // as one walk from the start finds them
        const Timing counted = rrule(std::string(text) + ";COUNT=200", "2020-01-31T09:15Z");
        std::optional<WallTime> time = at("2020-01-01T00:00Z");
        while ((time = counted.next(*time)) && *time < at("2040-01-01T00:00Z"))
            all.push_back(*time);
        ASSERT_GT(all.size(), 5U) << text;
        for (std::size_t i = 1; i < all.size(); ++i) {
            const auto between = all[i - 1] + (all[i] - all[i - 1]) / 2;
            EXPECT_EQ(timing.next(between), all[i]) << text << " " << to_rfc3339(all[i]);
            EXPECT_EQ(timing.next(all[i - 1]), all[i]) << text;
            EXPECT_EQ(timing.prev(all[i]), all[i - 1]) << text << " " << to_rfc3339(all[i]);
        }
    }
}

/// Each time that a plain look at every minute around a transition finds: what `skip` means,
/// without a search.
std::vector<WallTime> each_minute(
    int minute, int hour, const Span& span, Instant from, Instant to
) {
    std::vector<WallTime> all;
    for (Instant time = from; time < to; time += seconds(60)) {
        const Civil civil = civil_of(time, time < span.begin ? span.before : span.offset);
        const std::chrono::hh_mm_ss clock(civil - std::chrono::floor<std::chrono::days>(civil));
        if (clock.minutes().count() == minute && clock.hours().count() == hour) all.push_back(time);
    }
    return all;
}

TEST(Timing, IsRightAtEachTransitionOfTwelveZonesFrom2015To2037) {
    int transitions = 0;
    for (const std::string_view name :
         {"America/New_York",
          "America/Sao_Paulo",
          "America/St_Johns",
          "America/Santiago",
          "Europe/Berlin",
          "Europe/London",
          "Africa/Casablanca",
          "Asia/Tehran",
          "Asia/Kolkata",
          "Australia/Lord_Howe",
          "Pacific/Auckland",
          "Pacific/Apia"}) {
        const Zone zone = Zone::find(name).value();
        const Instant end = std::chrono::floor<seconds>(at("2038-01-01T00:00Z"));
        Span span = zone.at(std::chrono::floor<seconds>(at("2015-01-01T00:00Z")));
        while (span.end < end) {
            span = zone.at(span.end);
            ++transitions;
            const Instant from = span.begin - std::chrono::hours(30);
            const Instant to = span.begin + std::chrono::hours(30);
            const Civil shown = civil_of(span.begin, std::min(span.offset, span.before));
            const std::chrono::hh_mm_ss clock(
                shown + std::chrono::minutes(15) -
                std::chrono::floor<std::chrono::days>(shown + std::chrono::minutes(15))
            );
            const int minute = static_cast<int>(clock.minutes().count());
            const int hour = static_cast<int>(clock.hours().count());
            const std::string text = std::to_string(minute) + " " + std::to_string(hour) + " * * *";
            for (const Dst dst : {Dst::vixie, Dst::skip, Dst::shift, Dst::both}) {
                const Timing timing = cron(text, name, dst);
                std::vector<WallTime> found;
                std::optional<WallTime> time = from - seconds(1);
                while ((time = timing.next(*time)) && *time < to) found.push_back(*time);
                auto expected = each_minute(minute, hour, span, from, to);
                const bool is_gap = span.offset > span.before;
                const bool is_in_it = shown + std::chrono::minutes(15) <
                                      civil_of(span.begin, std::max(span.offset, span.before));
                if (is_in_it && is_gap && dst != Dst::skip) {
                    const auto late =
                        dst == Dst::shift ? std::chrono::minutes(15) : std::chrono::minutes(0);
                    expected.push_back(span.begin + late);
                    std::ranges::sort(expected);
                    expected.erase(std::ranges::unique(expected).begin(), expected.end());
                }
                if (is_in_it && !is_gap && (dst == Dst::vixie || dst == Dst::shift)) {
                    std::erase_if(expected, [&](WallTime run) {  // shown for the second time
                        const bool is_here =
                            run >= span.begin && run < span.begin + (span.before - span.offset);
                        return is_here;
                    });
                }
                EXPECT_EQ(found, expected)
                    << name << " " << to_rfc3339(span.begin) << " " << name_of(dst) << " " << text;
                for (const WallTime run : found) {
                    EXPECT_EQ(timing.next(run - seconds(1)), run) << name << " " << to_rfc3339(run);
                    EXPECT_EQ(timing.prev(run + seconds(1)), run) << name << " " << to_rfc3339(run);
                }
            }
        }
    }
    EXPECT_GT(transitions, 300);
}

TEST(Timing, PrevOfNextIsNotLaterForAnyRuleAnywhere) {
    std::uint64_t state = 20261129;
    const auto chance = [&](std::uint64_t below) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return (state >> 33) % below;
    };
    const auto field = [&](int min, int max) {
        const auto a = min + static_cast<int>(chance(static_cast<std::uint64_t>(max - min + 1)));
        switch (chance(4)) {
            case 0: return std::string("*");
            case 1: return "*/" + std::to_string(1 + chance(static_cast<std::uint64_t>(max - min)));
            case 2: return std::to_string(a) + "-" + std::to_string(max);
            default: return std::to_string(a);
        }
    };
    const std::string_view zones[] = {
        "UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"
    };
    for (int i = 0; i < 3000; ++i) {
        const std::string text = field(0, 59) + " " + field(0, 23) + " " + field(1, 31) + " " +
                                 field(1, 12) + " " + field(0, 6);
        const Dst dst = static_cast<Dst>(chance(4));
        const Timing timing = cron(text, zones[chance(5)], dst);
        const WallTime time = at("2010-01-01T00:00Z") + seconds(chance(900'000'000));
        const auto next = timing.next(time);
        if (!next) continue;
        ASSERT_GT(*next, time) << text;
        const auto back = timing.prev(*next);
        ASSERT_TRUE(!back || *back <= time) << text << " " << timing.zone().name() << " "
                                            << name_of(dst) << " " << to_rfc3339(time);
        if (back) ASSERT_EQ(timing.next(*back), next) << text << " " << timing.zone().name();
    }
}

}  // namespace
}  // namespace acme::cron
