#pragma once

/// Who may call a route.

#include "base/identity.hpp"
#include "base/result.hpp"

#include <optional>

namespace acme::http {

/// Has no default: a route cannot be added without saying who may call it.
class Access {
public:
    static constexpr Access anyone() { return Access(false); }
    static constexpr Access signed_in() { return Access(true); }

    /// `least` or a higher role in the organization of the session.
    static constexpr Access org(OrgRole least) {
        Access access(true);
        access.org_ = least;
        return access;
    }

    /// `least` or a higher role on the platform. Signing up grants none.
    static constexpr Access platform(PlatformRole least) {
        Access access(true);
        access.platform_ = least;
        return access;
    }

    constexpr bool needs_identity() const { return needs_identity_; }
    constexpr std::optional<OrgRole> org_role() const { return org_; }
    constexpr std::optional<PlatformRole> platform_role() const { return platform_; }

    /// Errors: access.signed_out (unauthenticated), access.role_required (forbidden).
    Result<> check(const std::optional<Identity>& identity) const;

private:
    explicit constexpr Access(bool needs_identity) : needs_identity_(needs_identity) {}

    bool needs_identity_;
    std::optional<OrgRole> org_ = std::nullopt;
    std::optional<PlatformRole> platform_ = std::nullopt;
};

}  // namespace acme::http
