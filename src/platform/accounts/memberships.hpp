#pragma once

/// Organizations, and who belongs to each with which role (C-11). Members see each other;
/// administrators change and remove those who are no owners, owners everybody; everybody may leave.
/// An organization always has an owner who can sign in, and a user always has an organization.

#include "platform/accounts/accounts.hpp"

namespace acme::accounts {

inline constexpr int organizations_max = 100;  // of one user, who then can make no more

struct Member {
    UserId user;
    std::string email;
    std::string name;
    State state = State::active;
    OrgRole role = OrgRole::member;
    std::int64_t version = 1;  // of the membership
    WallTime since;
};

/// Who does something in the organization of their session.
struct Doer {
    Identity who;
    std::string ip;

    audit::Actor actor() const { return {.name = who.user.str(), .org = who.org, .ip = ip}; }
};

/// nullopt for what is no role.
constexpr std::optional<OrgRole> org_role_of(std::string_view text) {
    for (const auto role : {OrgRole::member, OrgRole::admin, OrgRole::owner}) {
        if (name_of(role) == text) return role;
    }
    return std::nullopt;
}

/// Whether somebody with the role `own` may give one who has the role `before` the role `after`.
constexpr bool may_change(OrgRole own, OrgRole before, OrgRole after) {
    if (own == OrgRole::owner) return true;
    return own == OrgRole::admin && before != OrgRole::owner && after != OrgRole::owner;
}

/// Whether somebody with the role `own` may remove another one who has `role`.
constexpr bool may_remove(OrgRole own, OrgRole role) {
    return may_change(own, role, OrgRole::member);
}

/// Every function throws pg::Fault when the database is out of reach.
class Memberships {
public:
    Memberships(pg::Database& db, Accounts& accounts, Telemetry& telemetry)
        : db_(db), accounts_(accounts), telemetry_(telemetry) {}

    /// Those of a user, in the order in which they were made, those after `after`.
    Task<std::vector<Organization>> organizations_of(
        trace::Context context, UserId user, std::optional<OrgId> after, std::int64_t limit
    );

    /// "" for an organization that is not there.
    Task<std::string> organization_name(trace::Context context, OrgId org);

    /// With `doer` as its owner, whose session stays where it is. Errors: accounts.invalid
    /// (invalid); accounts.too_many_organizations (conflict).
    Task<Result<Organization>> make(
        pg::Transaction& transaction, trace::Context context, Doer doer, std::string name
    );

    /// In the order in which they became users, those after `after`.
    Task<std::vector<Member>> list(
        trace::Context context, OrgId org, std::optional<UserId> after, std::int64_t limit
    );

    /// Errors: accounts.not_member (not_found).
    Task<Result<Member>> find(trace::Context context, OrgId org, UserId user);

    /// Whether one with this address, as normalize_email() writes it, belongs to it.
    Task<bool> has_address(
        pg::Transaction& transaction, trace::Context context, OrgId org, std::string email
    );

    /// Nothing else changes who belongs to `org` until the transaction ends. Errors:
    /// accounts.not_found (not_found) for an organization that is not there.
    Task<Result<Organization>> lock(
        pg::Transaction& transaction, trace::Context context, OrgId org
    );

    /// `version` as read before; the role that one has already changes nothing. Errors:
    /// accounts.not_member (not_found); access.role_required (forbidden), see may_change();
    /// accounts.last_owner (conflict); http.precondition_failed when somebody was faster.
    Task<Result<Member>> change_role(
        trace::Context context, Doer doer, UserId user, std::int64_t version, OrgRole role
    );

    /// Also oneself, whatever one's role. Their sessions in the organization end. Whoever has no
    /// other organization gets one of their own. Errors: as change_role() without a version.
    Task<Result<>> remove(trace::Context context, Doer doer, UserId user);

    /// False for one who belongs to it already, whose role stays. Call Accounts::announce() after
    /// the commit.
    Task<bool> join(
        pg::Transaction& transaction, trace::Context context, UserId user, Joining joining
    );

private:
    Task<std::optional<Member>> read(
        pg::Transaction& transaction, trace::Context context, OrgId org, UserId user
    );
    Task<Result<>> check_other_owner(
        pg::Transaction& transaction, trace::Context context, OrgId org, const Member& member
    );
    Task<> give_organization(
        pg::Transaction& transaction, trace::Context context, const Member& member
    );

    pg::Database& db_;
    Accounts& accounts_;
    Telemetry& telemetry_;
};

}  // namespace acme::accounts
