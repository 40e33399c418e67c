#include "platform/flags/buckets.hpp"

#include "platform/flags/compiled.hpp"

#include <zlib.h>

namespace acme::flags {
namespace {

constexpr std::uint32_t unleash_split_seed = 86028157;

/// FNV-1a of 32 bits, of the texts one after the other.
std::uint32_t fnv(std::initializer_list<std::string_view> texts) {
    std::uint32_t hash = 0x811c9dc5;
    for (std::string_view text : texts) {
        for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    }
    return hash;
}

std::uint32_t crc(std::string_view first, std::string_view second) {
    std::string text;
    text.append(first).append(second);
    return static_cast<std::uint32_t>(
        crc32(0, std::bit_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()))
    );
}

std::uint32_t growthbook(const Import& import_, std::string_view seed, std::string_view unit) {
    if (import_.scheme == Scheme::growthbook1) return fnv({unit, seed}) % 1000 * 100;
    return fnv({std::to_string(fnv({seed, unit}))}) % 10000 * 10;
}

/// One more than the last bucket of the rollout, of `count`.
std::uint32_t end_of(const Import& import_, std::uint32_t count) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(import_.rollout) * count / whole);
}

}  // namespace

Import salted(Import import_) {
    const bool is_unleash = import_.scheme == Scheme::unleash;
    const std::string end = is_unleash ? ":" : "";
    import_.salted = Murmur(import_.group + end, 0);
    import_.split_salted = Murmur(import_.split_group + end, is_unleash ? unleash_split_seed : 0);
    return import_;
}

Bucket rollout_bucket(const Import& import_, std::string_view unit) {
    const auto bucket = [&](std::uint32_t number, std::uint32_t of) {
        return Bucket{.number = number, .of = of, .end = end_of(import_, of)};
    };
    switch (import_.scheme) {
        case Scheme::unleash: return bucket(import_.salted.hash(unit) % 100, 100);
        case Scheme::flipt: return bucket(crc(unit, import_.group) % 100, 100);
        case Scheme::goff: return bucket(fnv({import_.group, unit}) % whole, whole);
        case Scheme::growthbook1:
        case Scheme::growthbook2: {
            // GrowthBook takes who is exactly at the end of the coverage as well.
            const std::uint32_t number = growthbook(import_, import_.group, unit);
            return {.number = number, .of = whole, .end = import_.rollout + 1};
        }
        case Scheme::flagd2:
        case Scheme::acme: break;
    }
    return bucket(bucket_in(import_.salted.hash(unit), whole), whole);
}

Bucket split_bucket(const Import& import_, std::string_view unit) {
    const auto bucket = [&](std::uint32_t number) {
        return Bucket{.number = number, .of = import_.weights, .end = import_.weights};
    };
    const std::string& group = import_.split_group;
    switch (import_.scheme) {
        case Scheme::unleash: return bucket(import_.split_salted.hash(unit) % import_.weights);
        case Scheme::flipt: {
            const std::uint64_t part = crc(group, unit) % 1000;
            return bucket(static_cast<std::uint32_t>(part * import_.weights / 1000));
        }
        case Scheme::goff: {
            const std::uint64_t part = fnv({group, unit}) % whole;
            return bucket(static_cast<std::uint32_t>(part * import_.weights / whole));
        }
        case Scheme::growthbook1:
        case Scheme::growthbook2: {
            const std::uint64_t part = growthbook(import_, group, unit);
            return bucket(static_cast<std::uint32_t>(part * import_.weights / whole));
        }
        case Scheme::flagd2:
        case Scheme::acme: break;
    }
    return bucket(bucket_in(import_.split_salted.hash(unit), import_.weights));
}

}  // namespace acme::flags
