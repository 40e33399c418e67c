#include "platform/keys/key_text.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <zlib.h>

namespace acme::keys {
namespace {

constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's
constexpr std::size_t secret_at = key_prefix.size() + short_chars + 1;
constexpr std::size_t check_at = key_chars - 8;

std::string check_digits(std::string_view text) {
    const uLong crc =
        ::crc32(0, std::bit_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<unsigned char>(crc >> shift));
    }
    return to_hex(bytes);
}

}  // namespace

KeyText make_key_text(Random& random, std::string_view prefix) {
    std::array<std::byte, 32 + short_chars> bytes{};
    random.fill(bytes);
    std::string secret;
    for (std::size_t i = 0; i < 32; ++i) secret += static_cast<char>(bytes[i]);
    KeyText made;
    for (std::size_t i = 0; i < short_chars; ++i) {
        made.short_name += letters[static_cast<std::size_t>(bytes[32 + i]) % letters.size()];
    }
    made.text.append(prefix).append(made.short_name).append("_");
    made.text.append(to_base64url(secret)).append("_");
    made.text.append(check_digits(made.text));
    return made;
}

std::optional<std::string> short_name_of(std::string_view text, std::string_view prefix) {
    if (text.size() != key_chars || !text.starts_with(prefix)) return std::nullopt;
    const std::string_view name = text.substr(key_prefix.size(), short_chars);
    const bool is_name = name.find_first_not_of(letters) == name.npos;
    const bool has_bars = text[secret_at - 1] == '_' && text[check_at - 1] == '_';
    if (!is_name || !has_bars) return std::nullopt;
    if (!parse_base64url(text.substr(secret_at, check_at - 1 - secret_at))) return std::nullopt;
    if (check_digits(text.substr(0, check_at)) != text.substr(check_at)) return std::nullopt;
    return std::string(name);
}

}  // namespace acme::keys
