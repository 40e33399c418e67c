#pragma once

/// MurmurHash3_x86_32, which flags of other systems use too. A salt that stands before many units
/// is hashed once. Source: Austin Appleby, SMHasher, MurmurHash3.cpp (public domain).

#include "platform/flags/text_hash.hpp"

#include <bit>
#include <cstdint>
#include <string_view>

namespace acme::flags {

class Murmur {
public:
    constexpr Murmur() = default;

    /// All that stands before the unit.
    constexpr Murmur(std::string_view prefix, std::uint32_t seed) : state_(seed) { add(prefix); }

    /// Of the prefix with `text` after it.
    // For x86-64-v2 clang takes SHLD for a rotation, which costs AMD six steps instead of one.
#ifdef __x86_64__
    [[gnu::target("tune=x86-64")]]
#endif
    constexpr std::uint32_t hash(std::string_view text) const {
        Murmur salted = *this;
        salted.add(text);
        return salted.finish();
    }

private:
    constexpr static std::uint32_t scrambled(std::uint32_t block) {
        return std::rotl(block * 0xcc9e2d51U, 15) * 0x1b873593U;
    }

    /// The last `bytes` of the text, less than four: a part of its last four, if it has so many.
    constexpr static std::uint64_t tail(std::string_view text, std::size_t bytes) {
        const char* const at = text.data() + text.size() - bytes;
        if (text.size() >= 4) return bytes_of<4>(at + bytes - 4) >> (32 - 8 * bytes);
        std::uint64_t number = 0;
        if (bytes > 2) number |= bytes_of<1>(at + 2) << 16;
        if (bytes > 1) number |= bytes_of<1>(at + 1) << 8;
        if (bytes > 0) number |= bytes_of<1>(at);
        return number;
    }

    constexpr void add(std::string_view text) {
        size_ += static_cast<std::uint32_t>(text.size());
        const char* at = text.data();
        std::size_t left = text.size();
        // What is carried are 0 to 3 bytes, so each block takes the rest of its four from `text`.
        const int shift = static_cast<int>(carried_) * 8;
        for (; left >= 4; at += 4, left -= 4) {
            const std::uint64_t joined = carry_ | bytes_of<4>(at) << shift;
            mix(static_cast<std::uint32_t>(joined));
            carry_ = joined >> 32;
        }
        carry_ |= tail(text, left) << shift;
        carried_ += static_cast<std::uint32_t>(left);
        if (carried_ >= 4) {
            mix(static_cast<std::uint32_t>(carry_));
            carry_ >>= 32;
            carried_ -= 4;
        }
    }

    constexpr void mix(std::uint32_t block) {
        state_ = std::rotl(state_ ^ scrambled(block), 13) * 5 + 0xe6546b64U;
    }

    constexpr std::uint32_t finish() const {
        std::uint32_t h = state_;
        if (carried_ > 0) h ^= scrambled(static_cast<std::uint32_t>(carry_));
        h ^= size_;
        h = (h ^ (h >> 16)) * 0x85ebca6bU;
        h = (h ^ (h >> 13)) * 0xc2b2ae35U;
        return h ^ (h >> 16);
    }

    std::uint64_t carry_ = 0;
    std::uint32_t state_ = 0;
    std::uint32_t carried_ = 0;  // bytes
    std::uint32_t size_ = 0;
};

}  // namespace acme::flags
