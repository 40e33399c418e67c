#pragma once

/// The buckets of other systems, so that a flag that comes from one keeps what each user had.

#include <cstdint>
#include <string_view>

namespace acme::flags {

struct Import;

/// h in [0, 2^32) becomes one of `count` buckets, without a division and without bias.
constexpr std::uint32_t bucket_in(std::uint32_t hash, std::uint32_t count) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(hash) * count) >> 32);
}

/// A bucket, and how many there are. `end` is where those end that are in the rollout.
struct Bucket {
    std::uint32_t number = 0;
    std::uint32_t of = 0;
    std::uint32_t end = 0;

    bool is_in() const { return number < end; }
};

/// With its groups hashed, which stand before every unit.
Import salted(Import import_);

/// Whether a unit is in the rollout. Sources: design/flags.md, 4.3, and of each scheme the peer's
/// own code: unleash-client (strategy/util), flagd core (fractional), GrowthBook (util.hash),
/// Flipt (evaluation), GO Feature Flag (flag.getRandomPercentage).
Bucket rollout_bucket(const Import& import_, std::string_view unit);

/// Where the unit falls in the split: a share is its when `number` is below the end that the
/// weights up to it add up to; `of` is all weights together.
Bucket split_bucket(const Import& import_, std::string_view unit);

}  // namespace acme::flags
