#pragma once

/// A hash of short texts, the same at compile time and at run time. It finds texts and proves
/// nothing: whoever compares hashes compares the bytes too. It is no part of any document.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace acme::flags {

constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <std::size_t size>
constexpr std::uint64_t bytes_of(const char* at) {
    std::uint64_t number = 0;
    if consteval {
        for (std::size_t i = 0; i < size; ++i)
            number |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    } else {
        std::memcpy(&number, at, size);  // one load
    }
    return number;
}

/// Of a text of less than eight bytes: all of them, some twice.
constexpr std::uint64_t short_bytes(std::string_view text) {
    const char* const at = text.data();
    const std::size_t size = text.size();
    if (size >= 4) return bytes_of<4>(at) | bytes_of<4>(at + size - 4) << 32;
    if (size == 0) return 0;
    return bytes_of<1>(at) | bytes_of<1>(at + size / 2) << 8 | bytes_of<1>(at + size - 1) << 16;
}

constexpr std::uint64_t hash_text(std::string_view text) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t one = 0xa0761d6478bd642f;
    constexpr std::uint64_t two = 0xe7037ed1a0b428db;
    std::uint64_t hash = text.size() ^ one;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; at += 8, left -= 8) hash = mixed(hash ^ bytes_of<8>(at), two);
    // The last eight bytes, some of them once more: one read instead of a loop.
    const std::uint64_t last = text.size() >= 8 ? bytes_of<8>(at + left - 8) : short_bytes(text);
    return mixed(hash ^ last, one ^ left);
}

/// Whether they are equal, without a call: both are short.
constexpr bool is_same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a.size() < 8) return short_bytes(a) == short_bytes(b);
    const std::size_t last = a.size() - 8;
    for (std::size_t at = 0; at < last; at += 8) {
        if (bytes_of<8>(a.data() + at) != bytes_of<8>(b.data() + at)) return false;
    }
    return bytes_of<8>(a.data() + last) == bytes_of<8>(b.data() + last);
}

}  // namespace acme::flags
