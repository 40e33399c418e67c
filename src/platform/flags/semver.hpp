#pragma once

/// Versions as Semantic Versioning 2.0.0 orders them.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace acme::flags {

/// A view of the text that it was read from, which outlives it.
struct Semver {
    std::array<std::uint64_t, 3> numbers{};
    std::string_view prerelease;  // "rc.1"; "" for a release

    /// "1.2.3", "1.2.3-rc.1+build"; nullopt for anything else.
    static std::optional<Semver> parse(std::string_view text);

    /// What was built from the same is equal. Source: Semantic Versioning 2.0.0, 11.
    std::weak_ordering operator<=>(const Semver& other) const;
    bool operator==(const Semver& other) const { return (*this <=> other) == 0; }
};

}  // namespace acme::flags
