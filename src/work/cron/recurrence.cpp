#include "work/cron/recurrence.hpp"

#include "base/text.hpp"
#include "work/cron/satisfiable.hpp"

#include <algorithm>
#include <array>
#include <libical/ical.h>
#include <memory>

namespace acme::cron {
namespace {

using std::chrono::days;

constexpr int search_years = 40;

constexpr std::array<std::string_view, 14> part_names{
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST"
};

constexpr std::array<std::string_view, 4> frequencies{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

constexpr std::string_view plain_days =
    "days without a number: 2SU goes with MONTHLY, and with YEARLY that has no BYWEEKNO";

struct Part {
    std::string_view name;
    std::string_view value;
    std::size_t position;  // of the name, from 0
};

std::vector<Part> parts_of(std::string_view text, std::size_t begin) {
    std::vector<Part> parts;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        const std::string_view part = text.substr(begin, end - begin);
        const std::size_t sign = std::min(part.find('='), part.size());
        parts.push_back({part.substr(0, sign), part.substr(std::min(sign + 1, part.size())), begin}
        );
        begin = end + 1;
    }
    return parts;
}

icaltimetype ical_of(Civil time) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    icaltimetype ical = icaltime_null_time();
    ical.year = static_cast<int>(date.year());
    ical.month = static_cast<int>(static_cast<unsigned>(date.month()));
    ical.day = static_cast<int>(static_cast<unsigned>(date.day()));
    ical.hour = static_cast<int>(clock.hours().count());
    ical.minute = static_cast<int>(clock.minutes().count());
    ical.second = static_cast<int>(clock.seconds().count());
    return ical;
}

Civil civil_of_ical(const icaltimetype& time) {
    const auto date = std::chrono::year(time.year) / time.month / time.day;
    return std::chrono::local_days(date) + std::chrono::hours(time.hour) +
           std::chrono::minutes(time.minute) + std::chrono::seconds(time.second);
}

/// What libical makes of a rule; none when it is refused.
std::optional<icalrecurrencetype> rule_of(const std::string& text) {
    const auto rule = icalrecurrencetype_from_string(text.c_str());
    if (rule.freq == ICAL_NO_RECURRENCE) return std::nullopt;
    return rule;
}

/// "20261231T235959Z", "20261231T235959" or "20261231", which is that whole day.
std::optional<Civil> until_in(std::string_view value, const Zone& zone) {
    const auto number = [&](std::size_t at, std::size_t digits) {
        return parse_number<int>(value.substr(std::min(at, value.size()), digits)).value_or(-1);
    };
    if (value.size() != 8 && value.size() != 15 && value.size() != 16) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year(number(0, 4)),
        std::chrono::month(static_cast<unsigned>(number(4, 2))),
        std::chrono::day(static_cast<unsigned>(number(6, 2)))
    };
    if (!date.ok() || number(0, 4) < year_min || number(0, 4) > year_max) return std::nullopt;
    const Civil day = std::chrono::local_days(date);
    if (value.size() == 8) return day + days(1) - std::chrono::seconds(1);
    const int hour = number(9, 2);
    const int minute = number(11, 2);
    const int second = number(13, 2);
    const bool is_time = value[8] == 'T' && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
                         second >= 0 && second < 60;
    if (!is_time || (value.size() == 16 && value[15] != 'Z')) return std::nullopt;
    const Civil time = day + std::chrono::seconds(hour * 3600 + minute * 60 + second);
    if (value.size() == 15) return time;
    const Instant instant = instant_of(time, std::chrono::seconds(0));
    return civil_of(instant, zone.at(instant).offset);
}

/// What is wrong with one part; "" for nothing.
std::string_view problem_of(const Part& part, const Zone& zone) {
    if (std::ranges::count(part_names, part.name) == 0) {
        return "FREQ, UNTIL, COUNT, INTERVAL, BYSECOND, BYMINUTE, BYHOUR, BYDAY, BYMONTHDAY, "
               "BYYEARDAY, BYWEEKNO, BYMONTH, BYSETPOS or WKST, and =";
    }
    if (part.name == "FREQ") {
        return std::ranges::count(frequencies, part.value) == 0
                   ? "DAILY, WEEKLY, MONTHLY or YEARLY; what comes more often is said in cron"
                   : "";
    }
    if (part.name == "UNTIL") {
        return until_in(part.value, zone) ? "" : "a time such as 20261231T235959Z";
    }
    if (part.name == "COUNT" || part.name == "INTERVAL") {
        const auto number = parse_number<int>(part.value);
        const int max = part.name == "COUNT" ? count_max : 1000;
        const bool is_number = number && *number >= 1 && *number <= max;
        if (!is_number) return max == count_max ? "1 to 10000" : "1 to 1000";
        return "";
    }
    const std::string alone =
        "FREQ=YEARLY;" + std::string(part.name) + "=" + std::string(part.value);
    return rule_of(alone) ? "" : "values as RFC 5545 has them, with commas between";
}

/// Whether BYDAY may say "2SU", the second Sunday. Source: RFC 5545, 3.3.10; libical takes it
/// anywhere, and finds different days in a week from different starts.
bool may_number_days(const std::vector<Part>& parts) {
    const auto freq = std::ranges::find(parts, "FREQ", &Part::name);
    if (freq == parts.end()) return false;
    const bool has_weeks = std::ranges::count(parts, "BYWEEKNO", &Part::name) > 0;
    return freq->value == "MONTHLY" || (freq->value == "YEARLY" && !has_weeks);
}

void add_problems(
    const std::vector<Part>& parts,
    const Zone& zone,
    std::size_t end,
    std::vector<Problem>& problems
) {
    bool has_freq = false;
    bool has_count = false;
    bool has_until = false;
    std::vector<std::string_view> seen;
    for (const Part& part : parts) {
        const bool is_again = std::ranges::count(seen, part.name) > 0;
        seen.push_back(part.name);
        has_freq = has_freq || part.name == "FREQ";
        has_count = has_count || part.name == "COUNT";
        has_until = has_until || part.name == "UNTIL";
        if (is_again) {
            problems.push_back({part.position + 1, "each part once"});
        } else if (const auto expected = problem_of(part, zone); !expected.empty()) {
            const bool is_known = std::ranges::count(part_names, part.name) > 0;
            const std::size_t in_value = is_known ? part.name.size() + 1 : 0;
            problems.push_back({part.position + in_value + 1, std::string(expected)});
        } else if (has_count && has_until && (part.name == "COUNT" || part.name == "UNTIL")) {
            problems.push_back({part.position + 1, "COUNT or UNTIL, not both"});
        } else if (part.name == "BYDAY" &&
                   part.value.find_first_of("0123456789") != part.value.npos &&
                   !may_number_days(parts)) {
            problems.push_back({part.position + part.name.size() + 2, std::string(plain_days)});
        }
    }
    if (!has_freq) problems.push_back({end + 1, "FREQ=, such as FREQ=DAILY"});
}

}  // namespace

std::expected<Recurrence, std::vector<Problem>> Recurrence::parse(
    std::string_view text, Civil start, const Zone& zone
) {
    std::vector<Problem> problems;
    if (text.size() > text_chars_max || text.find('\0') != text.npos) {
        problems.push_back({std::min(text.size(), text_chars_max), "256 characters at most"});
        return std::unexpected(std::move(problems));
    }
    constexpr std::string_view prefix = "RRULE:";
    const auto parts = parts_of(text, text.starts_with(prefix) ? prefix.size() : 0);
    add_problems(parts, zone, text.size(), problems);
    std::string kept;
    std::optional<Civil> end;
    bool is_counted = false;
    for (const Part& part : parts) {
        if (part.name == "COUNT") is_counted = true;
        if (part.name == "UNTIL") {
            end = until_in(part.value, zone);
            continue;
        }
        if (!kept.empty()) kept += ";";
        kept += std::string(part.name) + "=" + std::string(part.value);
    }
    const auto rule = problems.empty() ? rule_of(kept) : std::nullopt;
    if (problems.empty() && !rule) {
        problems.push_back({1, "parts that go together, as RFC 5545 has them"});
    }
    if (rule && !can_come(*rule, start)) {
        problems.push_back({1, "parts that some day within 40 years fulfils"});
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return Recurrence(std::move(kept), start, end, is_counted);
}

/// From `from` on, until `take` says no.
template <class Take>
void Recurrence::walk(Civil from, Civil until, Take take) const {
    if (end_) until = std::min(until, *end_);
    from = std::max(from, start_);
    if (from > until) return;
    auto rule = rule_of(text_);
    // An end of ours lets libical stop where nothing comes any more. It has no end beside a count.
    if (!is_counted_) rule->until = ical_of(until);
    const std::unique_ptr<icalrecur_iterator, decltype(&icalrecur_iterator_free)> iterator(
        icalrecur_iterator_new(*rule, ical_of(start_)), icalrecur_iterator_free
    );
    if (!iterator) return;
    if (!is_counted_ && from > start_) icalrecur_iterator_set_start(iterator.get(), ical_of(from));
    while (true) {
        const icaltimetype next = icalrecur_iterator_next(iterator.get());
        if (icaltime_is_null_time(next)) return;
        const Civil civil = civil_of_ical(next);
        if (civil > until) return;
        if (civil >= from && !take(civil)) return;
    }
}

std::optional<Civil> Recurrence::at_or_after(Civil from, Civil until) const {
    std::optional<Civil> found;
    walk(from, until, [&](Civil civil) {
        found = civil;
        return false;
    });
    return found;
}

std::optional<Civil> Recurrence::at_or_before(Civil from, Civil until) const {
    until = std::max(until, start_);
    // libical only looks forward: from further and further back, until there is one.
    for (auto span = days(2); !is_counted_; span *= 8) {
        const Civil begin = std::max<Civil>(from - span, until);
        std::optional<Civil> found;
        walk(begin, from, [&](Civil civil) {
            found = civil;
            return true;
        });
        if (found || begin == until) return found;
    }
    std::optional<Civil> found;
    walk(until, from, [&](Civil civil) {
        found = civil;
        return true;
    });
    return found;
}

Instant Recurrence::horizon(Instant from) const {
    const Instant begin = std::max(from, instant_of(start_, std::chrono::seconds(0)));
    const Instant last = begin + std::chrono::years(search_years);
    if (!end_) return last;
    return std::min(last, instant_of(*end_, std::chrono::seconds(0)) + days(2));
}

Instant Recurrence::floor(Instant) const {
    return instant_of(start_, std::chrono::seconds(0)) - days(2);
}

}  // namespace acme::cron
