#pragma once

/// The fields of an expression, read into sets. Private to work/cron.

#include "work/cron/cron.hpp"

namespace acme::cron {

inline constexpr std::string_view blanks = " \t";

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Word {
    std::string_view text;
    std::size_t position;  // from 0
};

/// What stands between blanks, from a place on.
std::vector<Word> words_of(std::string_view text, std::size_t from);

/// `words` are 5, 6 or 7. What is wrong is added to `problems`.
Fields read_fields(const std::vector<Word>& words, std::vector<Problem>& problems);

}  // namespace acme::cron
