#include "base/ids.hpp"

#include <array>

namespace acme {
namespace {

constexpr std::string_view base32_digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t base32_length = 26;  // 130 bits: the first two are zero

constexpr std::int8_t no_digit = -1;

/// By character: the digit that it is.
constexpr auto base32_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(no_digit);
    std::int8_t value = 0;
    for (const char c : base32_digits) values[static_cast<unsigned char>(c)] = value++;
    return values;
}();

constexpr std::uint64_t version_7 = 0x7000;
constexpr std::uint64_t variant = std::uint64_t{2} << 62;

}  // namespace

Uuid make_uuid7(WallTime now, Random& random) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
    const auto time = static_cast<std::uint64_t>(ms) << 16;
    return {
        .high = time | version_7 | (random.number() & 0xfff),
        .low = variant | (random.number() >> 2),
    };
}

std::string to_text(Uuid uuid) {
    std::string text;
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
        const std::uint64_t half = i < 16 ? uuid.high : uuid.low;
        text += hex_digits[(half >> (60 - 4 * (i % 16))) & 15];
    }
    return text;
}

void append_base32(std::string& out, Uuid uuid) {
    std::array<char, base32_length> digits{};
    for (std::size_t at = digits.size(); at-- > 0;) {
        digits[at] = base32_digits[uuid.low & 31];
        uuid.low = uuid.low >> 5 | uuid.high << 59;
        uuid.high >>= 5;
    }
    out.append(digits.data(), digits.size());
}

std::string to_base32(Uuid uuid) {
    std::string text;
    append_base32(text, uuid);
    return text;
}

std::optional<Uuid> parse_base32(std::string_view text) {
    if (text.size() != base32_length) return std::nullopt;
    Uuid uuid;
    for (const char c : text) {
        const std::int8_t digit = base32_values[static_cast<unsigned char>(c)];
        if (digit == no_digit || (uuid.high >> 59) != 0) return std::nullopt;
        uuid.high = uuid.high << 5 | uuid.low >> 59;
        uuid.low = uuid.low << 5 | static_cast<std::uint64_t>(digit);
    }
    return uuid;
}

}  // namespace acme
