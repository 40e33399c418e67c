#include "platform/accounts/email.hpp"

#include <algorithm>

namespace acme::accounts {
namespace {

constexpr std::size_t local_bytes_max = 64;
constexpr std::size_t label_bytes_max = 63;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322, 3.2.3: atext.
bool is_local_char(char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

/// Whether `text` is parts with dots between, each of them good.
bool is_dotted(std::string_view text, bool (*is_good)(std::string_view)) {
    while (true) {
        const auto dot = std::min(text.find('.'), text.size());
        if (dot == 0 || !is_good(text.substr(0, dot))) return false;
        if (dot == text.size()) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_atom(std::string_view part) { return std::ranges::all_of(part, is_local_char); }

bool is_label(std::string_view part) {
    const auto is_good = [](char c) { return is_letter_or_digit(c) || c == '-'; };
    return part.size() <= label_bytes_max && std::ranges::all_of(part, is_good) &&
           part.front() != '-' && part.back() != '-';
}

}  // namespace

std::optional<std::string> normalize_email(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
    const auto at = text.rfind('@');
    if (at == text.npos || at == 0 || at > local_bytes_max || text.size() > email_bytes_max) {
        return std::nullopt;
    }
    if (!is_dotted(text.substr(0, at), is_atom) || !is_dotted(text.substr(at + 1), is_label)) {
        return std::nullopt;
    }
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace acme::accounts
