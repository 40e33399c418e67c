#pragma once

/// Finds a flag by the hash of its key. Half of the places are free. Of a flag that answers
/// everybody the same, the answer stands here too: one look, and no evaluation.

#include "platform/flags/ruleset.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace acme::flags {

struct Compiled;
struct Value;

struct Index {
    static constexpr std::uint32_t free = std::numeric_limits<std::uint32_t>::max();

    struct Place {
        std::uint64_t hash = 0;
        std::uint32_t flag = 0;
        std::uint32_t size = free;  // of the key
        ValueType type = ValueType::boolean;
        bool is_constant = false;
        std::uint32_t counted = 0;      // of a constant: where a Tally counts it
        const Value* answer = nullptr;  // of a constant; null: the caller's default stands
    };

    std::vector<Place> places;
    std::uint64_t mask = 0;

    /// The flag with this hash and length whose key `is_it`; null if there is none.
    template <class IsIt>
    const Place* find(std::uint64_t hash, std::size_t size, IsIt is_it) const {
        for (std::uint64_t at = hash & mask; places[at].size != free; at = (at + 1) & mask) {
            const Place& place = places[at];
            if (place.hash == hash && place.size == size && is_it(place.flag)) return &place;
        }
        return nullptr;
    }
};

/// Puts the answers of the constant flags into the index, when all flags are compiled.
void add_answers(Compiled& all);

}  // namespace acme::flags
