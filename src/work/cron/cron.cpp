#include "work/cron/cron.hpp"

#include "base/text.hpp"
#include "work/cron/reader.hpp"

#include <algorithm>
#include <array>

namespace acme::cron {
namespace {

struct Macro {
    std::string_view name;
    std::string_view text;
};

constexpr std::array<Macro, 7> macros{
    Macro{"@yearly", "0 0 1 1 *"},
    Macro{"@annually", "0 0 1 1 *"},
    Macro{"@monthly", "0 0 1 * *"},
    Macro{"@weekly", "0 0 * * 0"},
    Macro{"@daily", "0 0 * * *"},
    Macro{"@midnight", "0 0 * * *"},
    Macro{"@hourly", "0 * * * *"},
};

/// "1h30m10s".
std::optional<std::chrono::seconds> period_in(std::string_view text) {
    std::chrono::seconds all{0};
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        const auto number = parse_number<int>(text.substr(begin, at - begin));
        if (!number || at == text.size()) return std::nullopt;
        const char unit = text[at++];
        const int seconds = unit == 'd'   ? 86'400
                            : unit == 'h' ? 3600
                            : unit == 'm' ? 60
                            : unit == 's' ? 1
                                          : 0;
        if (seconds == 0 || *number > period_max.count()) return std::nullopt;
        all += std::chrono::seconds(std::int64_t{*number} * seconds);
        if (all > period_max) return std::nullopt;
    }
    if (all < std::chrono::seconds(1)) return std::nullopt;
    return all;
}

void read_macro(
    const std::vector<Word>& words, Expression& expression, std::vector<Problem>& problems
) {
    const Word& word = words[0];
    if (word.text == "@every") {
        if (words.size() < 2) {
            problems.push_back({word.position + word.text.size() + 1, "a period, such as 90s"});
            return;
        }
        const auto period = period_in(words[1].text);
        if (!period) {
            problems.push_back(
                {words[1].position + 1, "a period of 1s to 366d, such as 90s or 1h30m"}
            );
        }
        expression.rule = Every{period.value_or(std::chrono::seconds(1))};
    } else if (const auto found = std::ranges::find(macros, word.text, &Macro::name);
               found != macros.end()) {
        expression.rule = read_fields(words_of(found->text, 0), problems);
    } else {
        problems.push_back(
            {word.position + 1,
             "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly or @every"}
        );
    }
    const std::size_t words_max = word.text == "@every" ? 2 : 1;
    if (words.size() > words_max) {
        problems.push_back({words[words_max].position + 1, "nothing more"});
    }
}

/// Behind "CRON_TZ=Europe/Berlin ", where there is one.
std::size_t read_zone(
    std::string_view text, Expression& expression, std::vector<Problem>& problems
) {
    const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
    for (const std::string_view prefix : {"CRON_TZ=", "TZ="}) {
        if (!text.substr(begin).starts_with(prefix)) continue;
        const std::size_t name = begin + prefix.size();
        const std::size_t end = std::min(text.find_first_of(blanks, name), text.size());
        expression.zone = Zone::find(text.substr(name, end - name));
        if (!expression.zone) {
            problems.push_back({name + 1, "the IANA name of a time zone, such as Europe/Berlin"});
        }
        return end;
    }
    return begin;
}

}  // namespace

std::expected<Expression, std::vector<Problem>> parse(std::string_view text) {
    std::vector<Problem> problems;
    if (text.size() > text_chars_max) {
        problems.push_back({text_chars_max + 1, "256 characters at most"});
        return std::unexpected(std::move(problems));
    }
    Expression expression;
    const auto words = words_of(text, read_zone(text, expression, problems));
    if (!words.empty() && words[0].text.starts_with('@')) {
        read_macro(words, expression, problems);
    } else if (words.size() < 5) {
        problems.push_back(
            {text.size() + 1,
             "minute, hour, day, month and weekday; seconds before them and years behind them if "
             "need be"}
        );
    } else if (words.size() > 7) {
        problems.push_back({words[7].position + 1, "7 fields at most"});
    } else {
        expression.rule = read_fields(words, problems);
    }
    if (problems.empty()) return expression;
    return std::unexpected(std::move(problems));
}

}  // namespace acme::cron
