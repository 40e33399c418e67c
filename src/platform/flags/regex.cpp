#include "platform/flags/regex.hpp"

#include <re2/re2.h>

namespace acme::flags {
namespace {

re2::RE2::Options options() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(Regex::memory_max);
    return options;
}

}  // namespace

Regex::Regex(const std::string& pattern)
    : compiled_(std::make_unique<const re2::RE2>(pattern, options())) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::optional<std::string> Regex::problem_of(const std::string& pattern) {
    if (pattern.empty()) return "This must not be empty.";
    const re2::RE2 compiled(pattern, options());
    if (compiled.ok()) return std::nullopt;
    if (compiled.error_code() == re2::RE2::ErrorPatternTooLarge) {
        return "This expression needs too much memory.";
    }
    return "This is no regular expression of RE2 (no look-around, no back-references).";
}

bool Regex::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace acme::flags
