#include "platform/organizations/rows.hpp"

#include "io/pg/database.hpp"
#include "platform/events/events.hpp"

namespace acme::organizations {

// Braces evaluate from left to right, in the order of the SELECT list.
Invitation read_invitation(pg::Row& row) {
    return {
        .id = row.id<InvitationId>(),
        .org = row.id<OrgId>(),
        .email = row.text(),
        .role = accounts::org_role_of(row.text()).value_or(OrgRole::member),
        .inviter = row.text(),
        .created_at = row.time(),
        .expires_at = row.time(),
    };
}

std::unexpected<Error> invalid_invitation() {
    return refuse(
        ErrorKind::unauthenticated,
        "organizations.invitation_invalid",
        "This link or code is wrong or too old. Ask to be invited again."
    );
}

Task<> tell(
    pg::Transaction& transaction,
    trace::Context context,
    OrgId org,
    InvitationId id,
    std::string_view verb
) {
    return events::publish(
        transaction, context, {.topic = "organizations", .id = id.str(), .verb = verb, .org = org}
    );
}

}  // namespace acme::organizations
