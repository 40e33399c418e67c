#include "platform/files/name.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace acme::files {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Control characters, and those that show "gpj.exe" as "exe.jpg".
bool is_forbidden(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

/// The first character, which is taken off; nullopt for what is no UTF-8. Source: RFC 3629.
std::optional<std::uint32_t> take_character(std::string_view& text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80    ? 1
                               : first < 0xc2  ? 0
                               : first < 0xe0  ? 2
                               : first < 0xf0  ? 3
                               : first <= 0xf4 ? 4
                                               : 0;
    if (length == 0 || length > text.size()) return std::nullopt;
    constexpr unsigned masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    std::uint32_t code = first & masks[length];
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return std::nullopt;
        code = code << 6U | (byte(i) & 0x3fU);
    }
    const bool is_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (is_long || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return std::nullopt;
    text.remove_prefix(length);
    return code;
}

bool is_good(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max || name == "." || name == "..") return false;
    while (!name.empty()) {
        const auto code = take_character(name);
        if (!code || is_forbidden(*code)) return false;
    }
    return true;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' && i + 2 < text.size()
                              ? parse_number<std::uint8_t>(text.substr(i + 1, 2), 16)
                              : std::nullopt;
        out += byte ? static_cast<char>(*byte) : text[i];
        if (byte) i += 2;
    }
    return out;
}

/// One parameter of a header's value.
struct Param {
    std::string_view name;
    std::string value;
};

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return "";
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// What follows "=", up to the next ";".
std::string take_value(std::string_view& rest) {
    std::string value;
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.starts_with('"')) {
        const auto end = std::min(rest.find(';'), rest.size());
        value = trimmed(rest.substr(0, end));
        rest.remove_prefix(end);
        return value;
    }
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] != '"') {
        // A browser of old sends "C:\a.txt" without escaping: only what must be escaped is.
        const bool is_escaped =
            rest.size() > 1 && rest[0] == '\\' && (rest[1] == '"' || rest[1] == '\\');
        if (is_escaped) rest.remove_prefix(1);
        value += rest[0];
        rest.remove_prefix(1);
    }
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    return value;
}

std::optional<Param> take_param(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    if (rest.empty()) return std::nullopt;
    rest.remove_prefix(1);
    const auto end = std::min(rest.find_first_of("=;"), rest.size());
    const std::string_view name = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!rest.starts_with('=')) return Param{name, ""};
    rest.remove_prefix(1);
    return Param{name, take_value(rest)};
}

}  // namespace

Result<std::string> checked_name(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    if (slash != name.npos) name.remove_prefix(slash + 1);
    if (is_good(name)) return std::string(name);
    const std::string expected =
        "A file has a name of 1 to 255 bytes of UTF-8 without control characters.";
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "files.name_invalid",
        .message = expected,
        .fields = {{.pointer = "/name", .code = "files.name_invalid", .detail = expected}},
    });
}

std::string name_in_disposition(std::string_view header) {
    constexpr std::string_view charset = "utf-8''";
    std::string plain;
    while (auto param = take_param(header)) {
        const bool is_extended = is_same_name(param->name, "filename*");
        if (is_extended && is_same_name(param->value.substr(0, charset.size()), charset)) {
            return percent_decoded(std::string_view(param->value).substr(charset.size()));
        }
        if (is_same_name(param->name, "filename")) plain = std::move(param->value);
    }
    return plain;
}

std::string attachment_of(std::string_view name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view attr_char =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~";
    std::string plain;
    std::string encoded;
    for (const char c : name) {
        const bool is_plain = c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '%';
        plain += is_plain ? c : '_';
        if (attr_char.find(c) != attr_char.npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace acme::files
