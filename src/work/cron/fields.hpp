#pragma once

/// What a cron expression says, as sets of numbers, and the times of a wall clock that are in them.

#include "work/cron/zone.hpp"

#include <array>
#include <bitset>
#include <cstdint>

namespace acme::cron {

inline constexpr int year_min = 1970;
inline constexpr int year_max = 2199;

/// A time is in it if each part of it is. Bit n of a mask stands for the number n.
struct Fields {
    std::uint64_t seconds = 0;
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint16_t months = 0;
    std::bitset<year_max - year_min + 1> years;

    std::uint32_t days = 0;                // 1 to 31
    std::uint32_t days_before_last = 0;    // L, L-3: so many days before the month's last
    std::uint32_t workdays_near = 0;       // 15W: the workday next to it, in the same month
    bool last_workday = false;             // LW
    std::uint8_t weekdays = 0;             // Sunday is 0
    std::array<std::uint8_t, 7> nth = {};  // Tue#1: bit 1 of nth[2]
    std::uint8_t last_weekdays = 0;        // 5L: the month's last Friday

    bool has_years = false;     // not each of them
    bool has_days = false;      // more was said of days than a plain star
    bool has_weekdays = false;  // and of weekdays
    bool needs_both = false;    // "+Tue": with both, a day must be in both; else in either
    bool is_wild = false;       // the minutes or the hours begin with a star

    /// The first that is not before `from` and not after `until`.
    std::optional<Civil> at_or_after(Civil from, Civil until) const;

    /// The last that is not after `from` and not before `until`.
    std::optional<Civil> at_or_before(Civil from, Civil until) const;

    /// Of a month. Bit 1 is its first day.
    std::uint32_t days_of(std::chrono::year_month month) const;

    /// Later than this nothing is found that was not found before: after 40 years each day of a
    /// calendar, also the rare 29th of February on a Monday, has come once.
    Instant horizon(Instant from) const;
    Instant floor(Instant from) const;
};

}  // namespace acme::cron
