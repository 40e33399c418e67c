#pragma once

/// Rules of calendars, "FREQ=MONTHLY;BYDAY=1TU". Source: RFC 5545, 3.3.10, as libical expands it.

#include "work/cron/cron.hpp"

namespace acme::cron {

inline constexpr int count_max = 10'000;

/// What an RRULE says, beginning with the time that iCalendar calls DTSTART: what the rule does not
/// name (the hour, the day of the month) is the same as there.
class Recurrence {
public:
    /// FREQ is DAILY, WEEKLY, MONTHLY or YEARLY: what comes more often is what cron is for. UNTIL
    /// in UTC is turned to the clocks of `zone`. All that is wrong, by its position.
    static std::expected<Recurrence, std::vector<Problem>> parse(
        std::string_view text, Civil start, const Zone& zone
    );

    static constexpr bool is_wild = false;

    std::optional<Civil> at_or_after(Civil from, Civil until) const;
    std::optional<Civil> at_or_before(Civil from, Civil until) const;
    Instant horizon(Instant from) const;
    Instant floor(Instant from) const;

private:
    Recurrence(std::string text, Civil start, std::optional<Civil> end, bool is_counted)
        : text_(std::move(text)), start_(start), end_(end), is_counted_(is_counted) {}

    template <class Take>
    void walk(Civil from, Civil until, Take take) const;

    std::string text_;  // without UNTIL
    Civil start_;
    std::optional<Civil> end_;
    bool is_counted_;
};

}  // namespace acme::cron
