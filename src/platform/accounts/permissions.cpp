#include "platform/accounts/permissions.hpp"

#include <algorithm>

namespace acme::accounts {

std::vector<std::string_view> permissions_of(const Identity& who) {
    std::vector<std::string_view> permissions{"files.read", "files.write"};
    if (who.org_role >= OrgRole::admin) permissions.push_back("org.audit");
    if (who.org_role >= OrgRole::admin) permissions.push_back("org.manage");
    if (who.org_role >= OrgRole::owner) permissions.push_back("org.own");
    if (who.platform_role) {
        permissions.insert(permissions.end(), {"audit.read", "platform.read", "users.read"});
        if (*who.platform_role >= PlatformRole::operator_) {
            permissions.push_back("platform.operate");
        }
        if (*who.platform_role >= PlatformRole::admin) {
            permissions.insert(permissions.end(), {"platform.administer", "users.write"});
        }
    }
    std::ranges::sort(permissions);
    return permissions;
}

}  // namespace acme::accounts
