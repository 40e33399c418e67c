#pragma once

/// The dialect of cron: 5 fields; 6, with seconds first; or 7, with years last.
///
///     minute hour day month weekday        * , - / and names (Jan, Mon), weekdays 0 to 7, Sunday
///     is
///                                          both 0 and 7
///     day      L  L-3  15W  LW  ?          last, third before it, workday next to the 15th, last
///                                          workday
///     weekday  5L  Tue#1  ?  +Tue          last Friday, first Tuesday
///     @yearly @annually @monthly @weekly @daily @midnight @hourly, @every 1h30m, CRON_TZ=Zone
///     before it
///
/// With both a day and a weekday that are not a plain star, a day is meant that is in either of
/// them; "+" before the weekdays means one that is in both. (Vixie's cron takes "*/2" for a star
/// there, as no other does.) A step that is larger than its field is refused: "*/90" would not be
/// every 90 minutes. `@every` is at the multiples of its period since 1970.
///
/// Source: crontab(5) of cronie, OCPS 1.4, robfig/cron.

#include "work/cron/fields.hpp"

#include <expected>
#include <variant>
#include <vector>

namespace acme::cron {

inline constexpr std::size_t text_chars_max = 256;
inline constexpr std::chrono::seconds period_max{366 * 86'400};

/// What is wrong with a text.
struct Problem {
    std::size_t position;  // of the character, from 1
    std::string expected;  // "a minute, 0 to 59"; never what was found

    friend bool operator==(const Problem&, const Problem&) = default;
};

/// Again and again after as long.
struct Every {
    std::chrono::seconds period;
};

struct Expression {
    std::variant<Fields, Every> rule;
    std::optional<Zone> zone;  // that it names itself
};

/// All that is wrong, in the order of its positions.
std::expected<Expression, std::vector<Problem>> parse(std::string_view text);

}  // namespace acme::cron
