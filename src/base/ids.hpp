#pragma once

/// Keys of rows: a UUIDv7 behind a prefix that names its kind, "usr_01hf…" on the wire and uuid in
/// PostgreSQL. Each kind is a type of its own: a FileId does not convert to a UserId.
///
/// Source: RFC 9562, 5.7 (UUIDv7); base32 as Crockford wrote it, in lower case.

#include "base/clock.hpp"
#include "base/random.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// 128 bits, in the order in which they are written.
struct Uuid {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// Ids made later sort after those made earlier (to the millisecond).
Uuid make_uuid7(WallTime now, Random& random);

/// "0192f0c1-…", 36 characters: PostgreSQL's own form.
std::string to_text(Uuid uuid);

/// 26 characters of base32. The inverse refuses everything that to_base32() does not write.
std::string to_base32(Uuid uuid);
void append_base32(std::string& out, Uuid uuid);
std::optional<Uuid> parse_base32(std::string_view text);

/// Four characters at most: three letters and the underscore.
struct IdPrefix {
    consteval IdPrefix(const char (&literal)[5])
        : text{literal[0], literal[1], literal[2], literal[3]} {}

    constexpr std::string_view view() const { return {text, 4}; }

    char text[4];
};

template <IdPrefix prefix>
struct Id {
    Uuid uuid;

    static Id make(WallTime now, Random& random) { return {make_uuid7(now, random)}; }

    /// nullopt for whatever str() does not write.
    static std::optional<Id> parse(std::string_view text) {
        if (!text.starts_with(prefix.view())) return std::nullopt;
        const auto uuid = parse_base32(text.substr(prefix.view().size()));
        if (!uuid) return std::nullopt;
        return Id{*uuid};
    }

    /// "usr_" and 26 characters.
    std::string str() const { return std::string(prefix.view()) + to_base32(uuid); }

    friend auto operator<=>(const Id&, const Id&) = default;
};

using UserId = Id<"usr_">;
using OrgId = Id<"org_">;
using SessionId = Id<"ses_">;
using FileId = Id<"fil_">;
using AuditId = Id<"aud_">;

}  // namespace acme
