#include "base/ids.hpp"

#include <array>

namespace acme {
namespace {

constexpr std::string_view base32_digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t base32_length = 26;  // 130 bits: the first two are zero

constexpr std::uint64_t version_7 = 0x7000;
constexpr std::uint64_t variant = std::uint64_t{2} << 62;

unsigned bits_at(Uuid uuid, int shift) {
    if (shift >= 64) return static_cast<unsigned>(uuid.high >> (shift - 64)) & 31;
    const std::uint64_t above = shift == 0 ? 0 : uuid.high << (64 - shift);
    return static_cast<unsigned>((uuid.low >> shift) | above) & 31;
}

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

std::string to_base32(Uuid uuid) {
    std::string text;
    for (int shift = 125; shift >= 0; shift -= 5) text += base32_digits[bits_at(uuid, shift)];
    return text;
}

std::optional<Uuid> parse_base32(std::string_view text) {
    if (text.size() != base32_length) return std::nullopt;
    Uuid uuid;
    for (const char c : text) {
        const auto digit = base32_digits.find(c);
        if (digit == base32_digits.npos || (uuid.high >> 59) != 0) return std::nullopt;
        uuid.high = uuid.high << 5 | uuid.low >> 59;
        uuid.low = uuid.low << 5 | digit;
    }
    return uuid;
}

}  // namespace acme
