#pragma once

/// Who calls. Two kinds of roles that never mix (C-11): organization roles say what a tenant's user
/// may do inside the organization, platform roles who operates the installation.

#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace acme {

/// In rising order: each may do what those before it may.
enum class OrgRole : std::uint8_t { member, admin, owner };
enum class PlatformRole : std::uint8_t { viewer, operator_, admin };

struct Identity {
    UserId user;
    OrgId org;  // the one the session is in; every statement of a tenant's table names it
    OrgRole org_role = OrgRole::member;
    std::optional<PlatformRole> platform_role = std::nullopt;
    std::optional<SessionId> session = std::nullopt;
};

/// "member", "admin", "owner"; "viewer", "operator", "admin": as on the wire and in the database.
constexpr std::string_view name_of(OrgRole role) {
    switch (role) {
        case OrgRole::member: return "member";
        case OrgRole::admin: return "admin";
        case OrgRole::owner: return "owner";
    }
    return "member";
}

constexpr std::string_view name_of(PlatformRole role) {
    switch (role) {
        case PlatformRole::viewer: return "viewer";
        case PlatformRole::operator_: return "operator";
        case PlatformRole::admin: return "admin";
    }
    return "viewer";
}

}  // namespace acme
