#include "base/moment.hpp"

#include "base/text.hpp"

#include <chrono>

namespace acme {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// Takes what it reads from the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// Exactly so many digits.
    std::optional<int> digits(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const std::string_view taken = rest_.substr(0, count);
        if (taken.find_first_not_of("0123456789") != taken.npos) return std::nullopt;
        rest_.remove_prefix(count);
        return parse_number<int>(taken);
    }

    bool take(std::string_view one_of) {
        if (rest_.empty() || one_of.find(rest_.front()) == one_of.npos) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Six digits of what may be any number of them.
    microseconds fraction() {
        std::int64_t value = 0;
        int count = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++count) {
            if (count < 6) value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        for (; count < 6; ++count) value *= 10;
        return microseconds(value);
    }

    bool is_at_end() const { return rest_.empty(); }
    bool begins_with(char c) const { return rest_.starts_with(c); }

private:
    std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(Reader& reader) {
    const auto year = reader.digits(4);
    if (!year || !reader.take("-")) return std::nullopt;
    const auto month = reader.digits(2);
    if (!month || !reader.take("-")) return std::nullopt;
    const auto day = reader.digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day)),
    };
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<seconds> read_minutes(Reader& reader) {
    const auto hour = reader.digits(2);
    if (!hour || *hour > 23 || !reader.take(":")) return std::nullopt;
    const auto minute = reader.digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::optional<seconds> read_offset(Reader& reader) {
    if (reader.is_at_end() || reader.take("Zz")) return seconds(0);
    const bool is_west = reader.begins_with('-');
    if (!reader.take("+-")) return std::nullopt;
    const auto offset = read_minutes(reader);
    if (!offset) return std::nullopt;
    return is_west ? -*offset : *offset;
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
    Reader reader(text);
    const auto date = read_date(reader);
    if (!date || !reader.take("Tt ")) return std::nullopt;
    const auto clock = read_minutes(reader);
    if (!clock) return std::nullopt;
    WallTime time = *date + *clock;
    if (reader.take(":")) {
        const auto second = reader.digits(2);
        if (!second || *second > 59) return std::nullopt;
        time += seconds(*second);
        if (reader.take(".")) time += reader.fraction();
    }
    const auto offset = read_offset(reader);
    if (!offset || !reader.is_at_end()) return std::nullopt;
    return time - *offset;
}

}  // namespace acme
