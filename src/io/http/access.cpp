#include "io/http/access.hpp"

namespace acme::http {
namespace {

std::unexpected<Error> role_required(std::string_view role) {
    return refuse(
        ErrorKind::forbidden,
        "access.role_required",
        "This takes the role " + std::string(role) + "."
    );
}

}  // namespace

Result<> Access::check(const std::optional<Identity>& identity) const {
    if (!needs_identity_) return {};
    if (!identity) {
        return refuse(ErrorKind::unauthenticated, "access.signed_out", "Sign in to continue.");
    }
    if (org_ && identity->org_role < *org_) return role_required(name_of(*org_));
    if (platform_ && (!identity->platform_role || *identity->platform_role < *platform_)) {
        return role_required(name_of(*platform_));
    }
    return {};
}

}  // namespace acme::http
