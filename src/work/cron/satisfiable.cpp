#include "work/cron/satisfiable.hpp"

#include <algorithm>
#include <libical/ical.h>
#include <span>

namespace acme::cron {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr int search_days = 40 * 366;

/// The values of a list that libical ends with a value of its own.
std::span<const short> values_of(std::span<const short> list) {
    const auto end = std::ranges::find(list, short{ICAL_RECURRENCE_ARRAY_MAX});
    return list.first(static_cast<std::size_t>(end - list.begin()));
}

/// Counted from the front or, as RFC 5545 has negative ones, from the back of `all`.
bool names(std::span<const short> values, int from_front, int all) {
    return std::ranges::any_of(values, [&](short value) {
        return value == from_front || value == from_front - all - 1;
    });
}

struct Day {
    local_days date;
    std::chrono::year_month_day parts;
    int weekday;  // Sunday is 0
    int of_month;
    int of_year;
    int month_days;
    int year_days;
};

Day day_of(local_days date) {
    const std::chrono::year_month_day parts(date);
    const local_days new_year(parts.year() / 1 / 1);
    const auto last = parts.year() / parts.month() / std::chrono::last;
    return {
        .date = date,
        .parts = parts,
        .weekday = static_cast<int>(std::chrono::weekday(date).c_encoding()),
        .of_month = static_cast<int>(static_cast<unsigned>(parts.day())),
        .of_year = static_cast<int>((date - new_year).count()) + 1,
        .month_days = static_cast<int>(static_cast<unsigned>(last.day())),
        .year_days = parts.year().is_leap() ? 366 : 365,
    };
}

/// The conditions of a rule, those that it takes from its start among them.
class Conditions {
public:
    Conditions(const icalrecurrencetype& rule, Civil start)
        : rule_(rule),
          start_(day_of(std::chrono::floor<days>(start))),
          months_(values_of(rule.by_month)),
          month_days_(values_of(rule.by_month_day)),
          year_days_(values_of(rule.by_year_day)),
          weeks_(values_of(rule.by_week_no)),
          weekdays_(values_of(rule.by_day)) {}

    bool holds(const Day& day) const {
        if (!months_.empty() && !names_month(day)) return false;
        if (!month_days_.empty() && !names(month_days_, day.of_month, day.month_days)) return false;
        if (!year_days_.empty() && !names(year_days_, day.of_year, day.year_days)) return false;
        if (!weekdays_.empty() && !names_weekday(day)) return false;
        return is_in_step(day) && is_as_start(day);
    }

private:
    bool names_month(const Day& day) const {
        const auto month = static_cast<unsigned>(day.parts.month());
        return std::ranges::any_of(months_, [&](short value) {
            return static_cast<unsigned>(icalrecurrencetype_month_month(value)) == month;
        });
    }

    /// "2MO" is the second of the month, or of the year where no month is named.
    bool names_weekday(const Day& day) const {
        const bool is_of_month = rule_.freq == ICAL_MONTHLY_RECURRENCE || !months_.empty();
        const int at = is_of_month ? day.of_month : day.of_year;
        const int all = is_of_month ? day.month_days : day.year_days;
        const int front = (at - 1) / 7 + 1;
        const int back = -((all - at) / 7 + 1);
        return std::ranges::any_of(weekdays_, [&](short value) {
            const int nth = icalrecurrencetype_day_position(value);
            const int weekday = icalrecurrencetype_day_day_of_week(value) - ICAL_SUNDAY_WEEKDAY;
            return weekday == day.weekday && (nth == 0 || nth == front || nth == back);
        });
    }

    /// Whether every so many days, months or years lead from the start to it.
    bool is_in_step(const Day& day) const {
        const int interval = std::max<int>(rule_.interval, 1);
        const auto years =
            static_cast<int>(day.parts.year()) - static_cast<int>(start_.parts.year());
        const auto months = years * 12 +
                            static_cast<int>(static_cast<unsigned>(day.parts.month())) -
                            static_cast<int>(static_cast<unsigned>(start_.parts.month()));
        switch (rule_.freq) {
            case ICAL_DAILY_RECURRENCE: return (day.date - start_.date).count() % interval == 0;
            case ICAL_MONTHLY_RECURRENCE: return months % interval == 0;
            // The first days of a year may be of the last week of the one before.
            case ICAL_YEARLY_RECURRENCE: return !weeks_.empty() || years % interval == 0;
            default: return true;
        }
    }

    /// What the rule does not name is as at its start.
    bool is_as_start(const Day& day) const {
        const bool has_day = !month_days_.empty() || !year_days_.empty() || !weekdays_.empty();
        if (has_day || !weeks_.empty()) return true;
        switch (rule_.freq) {
            case ICAL_MONTHLY_RECURRENCE: return day.of_month == start_.of_month;
            case ICAL_YEARLY_RECURRENCE: return day.of_month == start_.of_month;
            case ICAL_WEEKLY_RECURRENCE: return day.weekday == start_.weekday;
            default: return true;
        }
    }

    const icalrecurrencetype& rule_;
    Day start_;
    std::span<const short> months_;
    std::span<const short> month_days_;
    std::span<const short> year_days_;
    std::span<const short> weeks_;
    std::span<const short> weekdays_;
};

/// How many times a day has.
int times_of_day(const icalrecurrencetype& rule) {
    const auto count = [](std::span<const short> list) {
        return std::max(static_cast<int>(values_of(list).size()), 1);
    };
    return count(rule.by_hour) * count(rule.by_minute) * count(rule.by_second);
}

/// The same number that counts the period a day is in.
int period_of(const icalrecurrencetype& rule, const Day& day) {
    const int year = static_cast<int>(day.parts.year());
    switch (rule.freq) {
        case ICAL_DAILY_RECURRENCE: return static_cast<int>(day.date.time_since_epoch().count());
        case ICAL_WEEKLY_RECURRENCE: {
            const int since_monday = (day.weekday + 6) % 7;
            return static_cast<int>(day.date.time_since_epoch().count()) - since_monday;
        }
        case ICAL_MONTHLY_RECURRENCE:
            return year * 12 + static_cast<int>(static_cast<unsigned>(day.parts.month()));
        default: return year;
    }
}

}  // namespace

bool can_come(const icalrecurrencetype& rule, Civil start) {
    const Conditions conditions(rule, start);
    // Of BYSETPOS=20,-25 one is enough: a period with 20 times.
    int position = 1;
    if (const auto positions = values_of(rule.by_set_pos); !positions.empty()) {
        position = std::abs(int{*std::ranges::min_element(positions, {}, [](short value) {
            return std::abs(int{value});
        })});
    }
    const int a_day = times_of_day(rule);
    const auto first = std::chrono::floor<days>(start);
    int period = 0;
    int found = 0;
    for (int i = 0; i < search_days; ++i) {
        const Day day = day_of(first + days(i));
        if (period_of(rule, day) != period) found = 0;
        period = period_of(rule, day);
        if (!conditions.holds(day)) continue;
        found += a_day;
        if (found >= position) return true;
    }
    return false;
}

}  // namespace acme::cron
