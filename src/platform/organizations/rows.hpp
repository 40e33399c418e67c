#pragma once

/// Rows of invitations as values. Private to platform/organizations.

#include "io/pg/query.hpp"
#include "platform/organizations/invitations.hpp"

namespace acme::organizations {

/// id, org_id, email, role, inviter, created_at, expires_at.
Invitation read_invitation(pg::Row& row);

std::unexpected<Error> invalid_invitation();

/// Those of the organization see it at once.
Task<> tell(
    pg::Transaction& transaction,
    trace::Context context,
    OrgId org,
    InvitationId id,
    std::string_view verb
);

}  // namespace acme::organizations
