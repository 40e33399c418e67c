#include "work/cron/reader.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <span>

namespace acme::cron {
namespace {

constexpr std::array<std::string_view, 12> month_names{
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"
};
constexpr std::array<std::string_view, 7> weekday_names{
    "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"
};

enum class Of : std::uint8_t { seconds, minutes, hours, days, months, weekdays, years };

struct Kind {
    Of of;
    std::string_view name;
    int min;
    int max;
    std::span<const std::string_view> names = {};
    int first_name = 0;
};

constexpr std::array<Kind, 7> kinds{
    Kind{Of::seconds, "a second, 0 to 59", 0, 59},
    Kind{Of::minutes, "a minute, 0 to 59", 0, 59},
    Kind{Of::hours, "an hour, 0 to 23", 0, 23},
    Kind{Of::days, "a day, 1 to 31, L, LW or 15W", 1, 31},
    Kind{Of::months, "a month, 1 to 12 or Jan to Dec", 1, 12, month_names, 1},
    Kind{Of::weekdays, "a weekday, 0 to 7 or Sun to Sat", 0, 7, weekday_names, 0},
    Kind{Of::years, "a year, 1970 to 2199", year_min, year_max},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// One field of an expression, read from left to right.
class Reader {
public:
    Reader(Word word, const Kind& kind, Fields& fields, std::vector<Problem>& problems)
        : word_(word), kind_(kind), fields_(fields), problems_(problems) {}

    void read() {
        if (kind_.of == Of::weekdays && take('+')) fields_.needs_both = true;
        const bool begins_with_star = peek() == '*';
        if (begins_with_star && (kind_.of == Of::minutes || kind_.of == Of::hours)) {
            fields_.is_wild = true;
        }
        do {
            item_ = at_;
            if (!read_item()) skip_item();
        } while (take(','));
        if (has_star_) return;
        if (kind_.of == Of::days) fields_.has_days = true;
        if (kind_.of == Of::weekdays) fields_.has_weekdays = true;
        if (kind_.of == Of::years) fields_.has_years = true;
    }

private:
    char peek() const { return at_ < word_.text.size() ? word_.text[at_] : '\0'; }

    bool take(char c) {
        if (peek() != c || c == '\0') return false;
        ++at_;
        return true;
    }

    /// A letter of the dialect, in either case.
    bool take_letter(char c) {
        if (upper(peek()) != c) return false;
        ++at_;
        return true;
    }

    bool is_at_end() const { return peek() == '\0' || peek() == ','; }

    /// False always: the item is left.
    bool expect(std::string expected, std::size_t at) {
        problems_.push_back({word_.position + at + 1, std::move(expected)});
        return false;
    }

    void skip_item() {
        while (!is_at_end()) ++at_;
    }

    bool read_item() {
        if (take('*')) return read_all();
        if (peek() == '?') {
            if (kind_.of != Of::days && kind_.of != Of::weekdays) {
                return expect(std::string(kind_.name), at_);
            }
            ++at_;
            return read_all();
        }
        if (kind_.of == Of::days && upper(peek()) == 'L') return read_last_day();
        const auto from = read_value();
        if (!from) return expect(std::string(kind_.name), item_);
        if (kind_.of == Of::days && take_letter('W')) return read_workday(*from);
        if (kind_.of == Of::weekdays && take_letter('L')) return read_last_weekday(*from);
        if (kind_.of == Of::weekdays && take('#')) return read_nth(*from);
        return read_range(*from);
    }

    bool read_all() {
        if (is_at_end()) {
            has_star_ = true;
            add(kind_.min, max(), 1);
            return true;
        }
        const auto step = read_step();
        if (!step) return false;
        if (*step == 1) has_star_ = true;
        add(kind_.min, max(), *step);
        return true;
    }

    bool read_last_day() {
        ++at_;
        if (take_letter('W')) {
            fields_.last_workday = true;
        } else if (take('-')) {
            const std::size_t at = at_;
            const auto before = read_number();
            if (!before || *before < 1 || *before > 30) {
                return expect("days before the last, 1 to 30", at);
            }
            fields_.days_before_last |= 1U << *before;
        } else {
            fields_.days_before_last |= 1;
        }
        return is_at_end() || expect("a comma or a blank", at_);
    }

    bool read_workday(int day) {
        fields_.workdays_near |= 1U << day;
        return is_at_end() || expect("a comma or a blank", at_);
    }

    bool read_last_weekday(int weekday) {
        fields_.last_weekdays = static_cast<std::uint8_t>(fields_.last_weekdays | 1 << weekday % 7);
        return is_at_end() || expect("a comma or a blank", at_);
    }

    bool read_nth(int weekday) {
        const std::size_t at = at_;
        const auto number = read_number();
        if (!number || *number < 1 || *number > 5) return expect("which of the month, 1 to 5", at);
        auto& nth = fields_.nth.at(static_cast<std::size_t>(weekday % 7));
        nth = static_cast<std::uint8_t>(nth | 1 << *number);
        return is_at_end() || expect("a comma or a blank", at_);
    }

    bool read_range(int from) {
        int to = from;
        bool is_open = true;  // "5/15" goes on to the end
        if (take('-')) {
            const std::size_t at = at_;
            const auto end = read_value();
            if (!end) return expect(std::string(kind_.name), at);
            to = *end;
            if (kind_.of == Of::weekdays && to == 0 && from > 0) to = 7;  // "Fri-Sun"
            if (to < from) return expect("an end that is not before the beginning", at);
            is_open = false;
        }
        if (is_at_end()) {
            add(from, to, 1);
            return true;
        }
        const auto step = read_step();
        if (!step) return false;
        add(from, is_open ? max() : to, *step);
        return true;
    }

    std::optional<int> read_step() {
        if (!take('/')) {
            expect("a comma, a blank, - or /", at_);
            return std::nullopt;
        }
        const std::size_t at = at_;
        const int step_max = max() - kind_.min + (kind_.min == 0 ? 0 : 1);
        const auto step = read_number();
        if (!step || *step < 1 || *step > step_max) {
            expect("a step, 1 to " + std::to_string(step_max), at);
            return std::nullopt;
        }
        if (!is_at_end()) {
            expect("a comma or a blank", at_);
            return std::nullopt;
        }
        return step;
    }

    std::optional<int> read_number() {
        const std::size_t begin = at_;
        while (is_digit(peek())) ++at_;
        return parse_number<int>(word_.text.substr(begin, at_ - begin));
    }

    /// A number that the field has, or a name of it.
    std::optional<int> read_value() {
        if (is_digit(peek())) {
            const auto number = read_number();
            if (!number || *number < kind_.min || *number > kind_.max) return std::nullopt;
            return number;
        }
        std::string name;
        for (std::size_t i = at_; i < at_ + 3 && i < word_.text.size(); ++i) {
            name += upper(word_.text[i]);
        }
        const auto found = std::ranges::find(kind_.names, name);
        if (found == kind_.names.end()) return std::nullopt;
        at_ += 3;
        if (is_letter(peek()) && upper(peek()) != 'L') return std::nullopt;
        return static_cast<int>(found - kind_.names.begin()) + kind_.first_name;
    }

    /// Sunday as 7 is for numbers and ends of ranges.
    int max() const { return kind_.of == Of::weekdays ? 6 : kind_.max; }

    void add(int from, int to, int step) {
        for (int number = from; number <= to; number += step) add(number);
    }

    void add(int number) {
        const std::uint64_t bit = std::uint64_t{1} << (number % 64);
        switch (kind_.of) {
            case Of::seconds: fields_.seconds |= bit; break;
            case Of::minutes: fields_.minutes |= bit; break;
            case Of::hours: fields_.hours |= static_cast<std::uint32_t>(bit); break;
            case Of::days: fields_.days |= static_cast<std::uint32_t>(bit); break;
            case Of::months: fields_.months |= static_cast<std::uint16_t>(bit); break;
            case Of::weekdays:
                fields_.weekdays = static_cast<std::uint8_t>(fields_.weekdays | 1 << number % 7);
                break;
            case Of::years: fields_.years.set(static_cast<std::size_t>(number - year_min)); break;
        }
    }

    Word word_;
    const Kind& kind_;
    Fields& fields_;
    std::vector<Problem>& problems_;
    std::size_t at_ = 0;
    std::size_t item_ = 0;
    bool has_star_ = false;
};

}  // namespace

std::vector<Word> words_of(std::string_view text, std::size_t from) {
    std::vector<Word> words;
    while (true) {
        const std::size_t begin = text.find_first_not_of(blanks, from);
        if (begin == text.npos) return words;
        const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
        words.push_back({text.substr(begin, end - begin), begin});
        from = end;
    }
}

Fields read_fields(const std::vector<Word>& words, std::vector<Problem>& problems) {
    Fields fields;
    if (words.size() == 5) fields.seconds = 1;
    if (words.size() < 7) fields.years.set();
    const std::size_t first = words.size() == 5 ? 1 : 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        Reader(words[i], kinds.at(first + i), fields, problems).read();
    }
    return fields;
}

}  // namespace acme::cron
