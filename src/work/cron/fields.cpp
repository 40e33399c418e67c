#include "work/cron/fields.hpp"

#include <algorithm>
#include <bit>

namespace acme::cron {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr int search_years = 40;

/// The lowest bit that is not below `from`; -1 for none.
int bit_from(std::uint64_t mask, int from) {
    if (from > 63) return -1;
    mask &= ~std::uint64_t{0} << from;
    return mask == 0 ? -1 : std::countr_zero(mask);
}

/// The highest bit that is not above `from`; -1 for none.
int bit_down_from(std::uint64_t mask, int from) {
    if (from < 0) return -1;
    if (from < 63) mask &= (std::uint64_t{2} << from) - 1;
    return mask == 0 ? -1 : 63 - std::countl_zero(mask);
}

struct TimeOfDay {
    int hour;
    int minute;
    int second;
};

TimeOfDay time_of_day(std::chrono::seconds since) {
    const int all = static_cast<int>(since.count());
    return {all / 3600, all / 60 % 60, all % 60};
}

std::chrono::seconds seconds_of(TimeOfDay time) {
    return std::chrono::seconds(time.hour * 3600 + time.minute * 60 + time.second);
}

constexpr TimeOfDay day_begin{0, 0, 0};
constexpr TimeOfDay day_end{23, 59, 59};

/// A carry goes up through minutes and hours; what stands below it begins anew.
std::optional<TimeOfDay> first_from(const Fields& fields, TimeOfDay from) {
    if ((fields.hours >> from.hour & 1) != 0) {
        if ((fields.minutes >> from.minute & 1) != 0) {
            const int second = bit_from(fields.seconds, from.second);
            if (second >= 0) return TimeOfDay{from.hour, from.minute, second};
        }
        const int minute = bit_from(fields.minutes, from.minute + 1);
        if (minute >= 0) return TimeOfDay{from.hour, minute, bit_from(fields.seconds, 0)};
    }
    const int hour = bit_from(fields.hours, from.hour + 1);
    if (hour < 0) return std::nullopt;
    return TimeOfDay{hour, bit_from(fields.minutes, 0), bit_from(fields.seconds, 0)};
}

std::optional<TimeOfDay> last_until(const Fields& fields, TimeOfDay until) {
    if ((fields.hours >> until.hour & 1) != 0) {
        if ((fields.minutes >> until.minute & 1) != 0) {
            const int second = bit_down_from(fields.seconds, until.second);
            if (second >= 0) return TimeOfDay{until.hour, until.minute, second};
        }
        const int minute = bit_down_from(fields.minutes, until.minute - 1);
        if (minute >= 0) return TimeOfDay{until.hour, minute, bit_down_from(fields.seconds, 59)};
    }
    const int hour = bit_down_from(fields.hours, until.hour - 1);
    if (hour < 0) return std::nullopt;
    return TimeOfDay{hour, bit_down_from(fields.minutes, 59), bit_down_from(fields.seconds, 59)};
}

bool has_month(const Fields& fields, year_month month) {
    const int year = static_cast<int>(month.year());
    if (year < year_min || year > year_max) return false;
    return fields.years[static_cast<std::size_t>(year - year_min)] &&
           (fields.months >> static_cast<unsigned>(month.month()) & 1) != 0;
}

unsigned last_day(year_month month) {
    return static_cast<unsigned>((month / std::chrono::last).day());
}

/// The workday next to a day, without leaving the month.
unsigned workday_near(unsigned day, unsigned weekday, unsigned last) {
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < last ? day + 1 : day - 2;
    return day;
}

Civil civil_at(year_month month, int day, TimeOfDay time) {
    return local_days(month / std::chrono::day(static_cast<unsigned>(day))) + seconds_of(time);
}

}  // namespace

std::uint32_t Fields::days_of(year_month month) const {
    const unsigned last = last_day(month);
    const unsigned first_weekday = std::chrono::weekday(local_days(month / 1)).c_encoding();
    const auto weekday_of = [&](unsigned day) { return (first_weekday + day - 1) % 7; };
    std::uint32_t by_day = days;
    std::uint32_t by_weekday = 0;
    for (unsigned day = 1; day <= last; ++day) {
        const std::uint32_t bit = 1U << day;
        const unsigned weekday = weekday_of(day);
        if ((days_before_last >> (last - day) & 1) != 0) by_day |= bit;
        if ((workdays_near & bit) != 0) by_day |= 1U << workday_near(day, weekday, last);
        if ((weekdays >> weekday & 1) != 0) by_weekday |= bit;
        if ((nth[weekday] >> ((day - 1) / 7 + 1) & 1) != 0) by_weekday |= bit;
        if (day + 7 > last && (last_weekdays >> weekday & 1) != 0) by_weekday |= bit;
    }
    if (last_workday) by_day |= 1U << workday_near(last, weekday_of(last), last);
    const std::uint32_t all = static_cast<std::uint32_t>((std::uint64_t{2} << last) - 2);
    const bool is_either = has_days && has_weekdays && !needs_both;
    return all & (is_either ? by_day | by_weekday : by_day & by_weekday);
}

std::optional<Civil> Fields::at_or_after(Civil from, Civil until) const {
    const auto begin = std::chrono::floor<std::chrono::days>(from);
    const year_month_day date(begin);
    year_month month = date.year() / date.month();
    int day = static_cast<int>(static_cast<unsigned>(date.day()));
    TimeOfDay time = time_of_day(from - begin);
    while (local_days(month / 1) <= until) {
        if (has_month(*this, month)) {
            const std::uint32_t mask = days_of(month);
            for (day = bit_from(mask, day); day > 0; day = bit_from(mask, day + 1)) {
                const bool is_first = local_days(month / std::chrono::day(unsigned(day))) == begin;
                const auto found = first_from(*this, is_first ? time : day_begin);
                if (!found) continue;
                const Civil civil = civil_at(month, day, *found);
                return civil <= until ? std::optional(civil) : std::nullopt;
            }
        }
        month += std::chrono::months(1);
        day = 1;
    }
    return std::nullopt;
}

std::optional<Civil> Fields::at_or_before(Civil from, Civil until) const {
    const auto begin = std::chrono::floor<std::chrono::days>(from);
    const year_month_day date(begin);
    year_month month = date.year() / date.month();
    int day = static_cast<int>(static_cast<unsigned>(date.day()));
    const TimeOfDay time = time_of_day(from - begin);
    while (local_days(month / std::chrono::last) + std::chrono::days(1) > until) {
        if (has_month(*this, month)) {
            const std::uint32_t mask = days_of(month);
            for (day = bit_down_from(mask, day); day > 0; day = bit_down_from(mask, day - 1)) {
                const bool is_first = local_days(month / std::chrono::day(unsigned(day))) == begin;
                const auto found = last_until(*this, is_first ? time : day_end);
                if (!found) continue;
                const Civil civil = civil_at(month, day, *found);
                return civil >= until ? std::optional(civil) : std::nullopt;
            }
        }
        month -= std::chrono::months(1);
        day = 31;
    }
    return std::nullopt;
}

Instant Fields::horizon(Instant from) const {
    const Instant end = std::chrono::sys_days(std::chrono::year(year_max + 1) / 1 / 1);
    if (has_years) return end;
    return std::min(end, from + std::chrono::years(search_years));
}

Instant Fields::floor(Instant from) const {
    const Instant begin = std::chrono::sys_days(std::chrono::year(year_min) / 1 / 1);
    if (has_years) return begin;
    return std::max(begin, from - std::chrono::years(search_years));
}

}  // namespace acme::cron
