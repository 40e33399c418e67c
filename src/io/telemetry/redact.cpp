#include "io/telemetry/redact.hpp"

#include "base/text.hpp"

#include <array>

namespace acme {
namespace {

/// Bytes of `text` that may belong to a credential or end one.
struct Hit {
    std::size_t begin = 0;
    std::size_t end = 0;
};

constexpr Hit no_hit{};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_name_byte(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_token_byte(char c) {
    return is_name_byte(c) || c == '+' || c == '/' || c == '=' || c == '~';
}
char lower(char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; }

/// Whether a word may begin at `at`. "%20ack_" and "\nack_" in JSON begin one too.
bool begins_word(std::string_view text, std::size_t at) {
    if (at == 0 || !is_alnum(text[at - 1])) return true;
    if (at >= 2 && text[at - 2] == '\\') return true;
    return at >= 3 && text[at - 3] == '%';
}

std::size_t skip_token(std::string_view text, std::size_t at) {
    while (at < text.size() && is_token_byte(text[at])) ++at;
    return at;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

/// `prefix` with its last byte at `at`, and behind it a run that is long enough for a key: long and
/// with a digit in it if it stands within a word, since "back_end" is no key.
Hit find_prefixed(std::string_view text, std::size_t at, std::string_view prefix) {
    if (at + 1 < prefix.size()) return no_hit;
    const std::size_t begin = at + 1 - prefix.size();
    if (text.substr(begin, prefix.size()) != prefix) return no_hit;
    const std::size_t end = skip_token(text, at + 1);
    if (end == at + 1) return no_hit;
    if (begins_word(text, begin)) return {begin, end};
    const std::string_view run = text.substr(at + 1, end - at - 1);
    const bool has_digit = run.find_first_of("0123456789") != run.npos;
    return run.size() >= 20 && has_digit ? Hit{begin, end} : no_hit;
}

Hit find_web_token(std::string_view text, std::size_t at) {
    if (at < 2 || text.substr(at - 2, 3) != "eyJ") return no_hit;
    const std::size_t end = skip_token(text, at);
    return end - at >= 8 ? Hit{at - 2, end} : no_hit;
}

/// Our session cookie; "v1.2.3" is a release.
Hit find_cookie(std::string_view text, std::size_t at) {
    if (text.substr(at, 3) != "v1." || !begins_word(text, at)) return no_hit;
    const std::size_t end = skip_token(text, at);
    return end - at >= 20 ? Hit{at, end} : no_hit;
}

/// Slack's "xoxb-…", "xoxp-…".
Hit find_chat_token(std::string_view text, std::size_t at) {
    const auto start = text.substr(at, 5);
    if (start.size() < 5 || !start.starts_with("xox") || start[4] != '-') return no_hit;
    return begins_word(text, at) ? Hit{at, skip_token(text, at)} : no_hit;
}

Hit find_cloud_id(std::string_view text, std::size_t at) {
    constexpr std::size_t length = 20;
    const auto start = text.substr(at, 4);
    if ((start != "AKIA" && start != "ASIA") || !begins_word(text, at)) return no_hit;
    if (text.size() < at + length) return no_hit;
    for (char c : text.substr(at, length)) {
        if (!is_upper(c) && !is_digit(c)) return no_hit;
    }
    return {at, at + length};
}

bool starts_with_any_case(std::string_view text, std::string_view start) {
    if (text.size() < start.size()) return false;
    for (std::size_t i = 0; i < start.size(); ++i) {
        if (lower(text[i]) != start[i]) return false;
    }
    return true;
}

/// "Basic authentication" is English; base64 has an upper-case letter, a digit or a sign in it.
bool looks_like_base64(std::string_view word) {
    for (char c : word.substr(std::min<std::size_t>(word.size(), 1))) {
        if (is_digit(c) || is_upper(c) || c == '=' || c == '+' || c == '/') return true;
    }
    return false;
}

Hit find_scheme(std::string_view text, std::size_t at) {
    if (!begins_word(text, at)) return no_hit;
    const bool is_bearer = starts_with_any_case(text.substr(at), "bearer ");
    if (!is_bearer && !starts_with_any_case(text.substr(at), "basic ")) return no_hit;
    const std::size_t begin = skip_blanks(text, at + 5);
    const std::size_t word = is_bearer ? skip_blanks(text, at + 6) : begin;
    const std::size_t end = skip_token(text, word);
    if (end == word) return no_hit;
    if (!is_bearer && !looks_like_base64(text.substr(word, end - word))) return no_hit;
    return {at, end};
}

Hit find_pem(std::string_view text, std::size_t at) {
    if (text.substr(at, 11) != "-----BEGIN ") return no_hit;
    const auto last = text.find("-----END ", at);
    if (last == text.npos) return {at, text.size()};
    const auto end = text.find("-----", last + 9);
    return {at, end == text.npos ? text.size() : end + 5};
}

/// Source: ISO/IEC 7812-1, annex B (Luhn).
bool is_card_number(std::string_view digits) {
    if (digits.size() < 13 || digits.size() > 19 || digits[0] < '2' || digits[0] > '6')
        return false;
    int sum = 0;
    bool doubles = false;
    for (std::size_t i = digits.size(); i-- > 0; doubles = !doubles) {
        const int digit = digits[i] - '0';
        sum += !doubles ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
    }
    return sum % 10 == 0;
}

/// Digits, with one blank or dash between some of them. `at` is set behind what was looked at.
Hit find_card(std::string_view text, std::size_t& at) {
    // The digits of "%20" and of "%a0" belong to the blank that they stand for.
    if (at >= 1 && text[at - 1] == '%')
        at = std::min(at + 2, text.size() - 1);
    else if (at >= 2 && text[at - 2] == '%')
        at = std::min(at + 1, text.size() - 1);
    const std::size_t begin = at;
    std::array<char, 19> digits{};
    std::size_t count = 0;
    std::size_t end = begin;
    for (; at < text.size(); ++at) {
        if (is_digit(text[at])) {
            if (count < digits.size()) digits[count] = text[at];
            ++count;
            end = at + 1;
        } else if ((text[at] != ' ' && text[at] != '-') || end != at) {
            break;
        }
    }
    at = end;
    if (count > digits.size() || !begins_word(text, begin)) return no_hit;
    if (end < text.size() && is_alnum(text[end])) return no_hit;
    return is_card_number({digits.data(), count}) ? Hit{begin, end} : no_hit;
}

/// "user:password@" in "scheme://user:password@host". A password may hold a '/' that nobody
/// escaped; then what stands behind the ':' is no port.
Hit find_user_info(std::string_view text, std::size_t at) {
    if (text.substr(at, 3) != "://") return no_hit;
    const std::size_t begin = at + 3;
    std::size_t end = begin;
    while (end < text.size() && !is_blank(text[end]) && text[end] != '"' && text[end] != '\'')
        ++end;
    const auto rest = text.substr(begin, end - begin);
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    auto sign = authority.rfind('@');
    const auto colon = authority.find(':');
    if (sign == rest.npos && colon != rest.npos) {
        const auto port = authority.substr(colon + 1);
        if (!port.empty() && !parse_number<std::uint32_t>(port)) sign = rest.rfind('@');
    }
    if (sign == rest.npos || sign == 0) return no_hit;
    return {begin, begin + sign};
}

/// The name that ends before `at`; "" for none. `is_quoted` tells of "name": and of \"name\":.
std::string_view name_before(std::string_view text, std::size_t at, bool& is_quoted) {
    while (at > 0 && text[at - 1] == ' ') --at;
    is_quoted = at > 0 && (text[at - 1] == '"' || text[at - 1] == '\'');
    if (is_quoted) --at;
    if (is_quoted && at > 0 && text[at - 1] == '\\') --at;
    std::size_t begin = at;
    while (begin > 0 && is_name_byte(text[begin - 1])) --begin;
    return text.substr(begin, at - begin);
}

std::size_t end_of_quoted(std::string_view text, std::size_t at, char quote) {
    for (; at < text.size() && text[at] != quote; ++at) {
        if (text[at] == '\\') ++at;
    }
    return std::min(at, text.size());
}

std::size_t end_of_nested(std::string_view text, std::size_t at) {
    int depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '"') at = end_of_quoted(text, at + 1, '"');
        if (at == text.size()) break;
        if (text[at] == '{' || text[at] == '[') ++depth;
        if ((text[at] == '}' || text[at] == ']') && --depth == 0) return at + 1;
    }
    return text.size();
}

/// The value that begins at `at`, in quotes or up to a blank or the next field of a form.
Hit value_at(std::string_view text, std::size_t at, bool takes_line) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    if (at == text.size()) return no_hit;
    if (text[at] == '"' || text[at] == '\'') return {at + 1, end_of_quoted(text, at + 1, text[at])};
    if (text.substr(at, 2) == "\\\"") {
        const auto end = text.find("\\\"", at + 2);
        return {at + 2, end == text.npos ? text.size() : end};
    }
    if (text[at] == '{' || text[at] == '[') return {at, end_of_nested(text, at)};
    const auto end = text.find_first_of(takes_line ? "\r\n" : " \t\r\n&\"'", at);
    return {at, end == text.npos ? text.size() : end};
}

bool is_header(std::string_view name) {
    return starts_with_any_case(name, "authorization") || starts_with_any_case(name, "cookie") ||
           starts_with_any_case(name, "set-cookie") ||
           starts_with_any_case(name, "proxy-authorization");
}

/// In plain words "code: 42" and "invalid token: x" say what went wrong.
bool is_word_of_prose(std::string_view name) {
    return starts_with_any_case(name, "token") || starts_with_any_case(name, "code") ||
           starts_with_any_case(name, "otp") || starts_with_any_case(name, "pin");
}

Hit find_named(std::string_view text, std::size_t at) {
    bool is_quoted = false;
    const std::string_view name = name_before(text, at, is_quoted);
    if (name.empty() || !is_secret_name(name)) return no_hit;
    if (text[at] == ':' && !is_quoted && is_word_of_prose(name)) return no_hit;
    const Hit hit = value_at(text, at + 1, text[at] == ':' && !is_quoted && is_header(name));
    const auto value = text.substr(hit.begin, hit.end - hit.begin);
    return value.empty() || value.starts_with(redaction_mask) ? no_hit : hit;
}

/// Bytes at which a credential can be told; all others are passed over.
constexpr auto is_telling = [] {
    std::array<bool, 256> table{};
    for (char c : {'_', 'J', 'v', 'A', 'B', 'b', '-', 'x', ':', '='}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

/// The credential that `at` tells of. `at` is moved behind what need not be looked at again.
Hit find_at(std::string_view text, std::size_t& at) {
    switch (text[at]) {
        case '_': {
            for (const std::string_view prefix : {"ack_", "acs_", "whsec_"}) {
                if (const Hit key = find_prefixed(text, at, prefix); key.end != 0) return key;
            }
            return no_hit;
        }
        case 'J': return find_web_token(text, at);
        case 'v': return find_cookie(text, at);
        case 'A': return find_cloud_id(text, at);
        case 'B':
        case 'b': return find_scheme(text, at);
        case 'x': return find_chat_token(text, at);
        case '-': return find_pem(text, at);
        case ':': {
            const Hit user = find_user_info(text, at);
            return user.end != 0 ? user : find_named(text, at);
        }
        case '=': return find_named(text, at);
        default: return find_card(text, at);
    }
}

std::size_t next_telling(std::string_view text, std::size_t at) {
    while (at < text.size() && !is_telling[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}

/// The text between the quotes of the JSON string that opens at `at`, and the byte behind it.
std::string_view string_at(std::string_view json, std::size_t at, std::size_t& end) {
    const std::size_t close = end_of_quoted(json, at + 1, '"');
    end = std::min(close + 1, json.size());
    return json.substr(at + 1, close - at - 1);
}

std::size_t end_of_json_value(std::string_view json, std::size_t at) {
    if (at == json.size()) return at;
    if (json[at] == '"') return std::min(end_of_quoted(json, at + 1, '"') + 1, json.size());
    if (json[at] == '{' || json[at] == '[') return end_of_nested(json, at);
    const auto end = json.find_first_of(",}] \t\r\n", at);
    return end == json.npos ? json.size() : end;
}

}  // namespace

std::string_view redact(std::string_view text, std::string& scratch) {
    bool is_clean = true;
    std::size_t copied = 0;
    for (std::size_t at = next_telling(text, 0); at < text.size(); at = next_telling(text, at)) {
        std::size_t next = at;
        const Hit hit = find_at(text, next);
        if (hit.end == 0 || hit.begin < copied) {
            at = std::max(next, at + 1);
            continue;
        }
        if (is_clean) scratch.clear();
        is_clean = false;
        scratch.append(text, copied, hit.begin - copied).append(redaction_mask);
        copied = at = std::max(hit.end, at + 1);
    }
    if (is_clean) return text;
    return scratch.append(text, std::min(copied, text.size()));
}

std::string redacted(std::string_view key, std::string_view text) {
    if (is_secret_name(key)) return std::string(redaction_mask);
    std::string scratch;
    return std::string(redact(text, scratch));
}

std::string redacted_json(std::string_view json) {
    std::string out;
    std::string scratch;
    std::string_view name;  // the last string, which is a name when ':' follows
    for (std::size_t at = 0; at < json.size();) {
        std::size_t end = at + 1;
        if (json[at] == '"') {
            name = string_at(json, at, end);
            out.append("\"").append(redact(name, scratch));
            if (end > at + 1 && json[end - 1] == '"') out += '"';
        } else if (json[at] == ':' && is_secret_name(name)) {
            end = end_of_json_value(json, skip_blanks(json, at + 1));
            out.append(":\"").append(redaction_mask).append("\"");
        } else if (is_digit(json[at])) {
            end = end_of_json_value(json, at);
            const auto number = json.substr(at, end - at);
            const bool is_clean = redact(number, scratch).data() == number.data();
            if (is_clean)
                out.append(number);
            else
                out.append("\"").append(redaction_mask).append("\"");
        } else {
            end = std::min(json.find_first_of("\":0123456789", at + 1), json.size());
            out.append(redact(json.substr(at, end - at), scratch));
        }
        at = end;
    }
    return out;
}

}  // namespace acme
