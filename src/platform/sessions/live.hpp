#pragma once

#include "base/clock.hpp"
#include "base/identity.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::sessions {

/// All that a request needs to know of a session: what its copies hold.
struct Live {
    SessionId id;
    UserId user;
    OrgId org;
    OrgRole org_role = OrgRole::member;
    std::optional<PlatformRole> platform_role = std::nullopt;
    std::int64_t version = 0;  // of the user, whose roles these are
    WallTime created_at = {};
    WallTime last_seen_at = {};
    WallTime expires_at = {};

    Identity identity() const {
        return {
            .user = user,
            .org = org,
            .org_role = org_role,
            .platform_role = platform_role,
            .session = id,
        };
    }

    friend bool operator==(const Live&, const Live&) = default;
};

/// One line of words; the user is not in it, for the key of the copy names them.
std::string pack(const Live& live);

/// The organization in a packed session, as a pattern of Lua.
inline constexpr std::string_view org_pattern = "^1 %S+ (%S+) ";

/// nullopt for what pack() of this release does not write.
std::optional<Live> unpack(UserId user, std::string_view packed);

}  // namespace acme::sessions
