#include "platform/accounts/rows.hpp"

#include "io/pg/database.hpp"
#include "platform/events/events.hpp"

namespace acme::accounts {

std::optional<PlatformRole> parse_platform_role(std::string_view text) {
    for (const auto role : {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}) {
        if (name_of(role) == text) return role;
    }
    return std::nullopt;
}

OrgRole parse_org_role(std::string_view text) {
    for (const auto role : {OrgRole::member, OrgRole::admin, OrgRole::owner}) {
        if (name_of(role) == text) return role;
    }
    throw pg::Fault("a role that this release does not know");
}

// Braces evaluate from left to right, in the order of the SELECT list.
User read_user(pg::Row row) {
    return {
        .id = row.id<UserId>(),
        .email = row.text(),
        .name = row.text(),
        .state = row.text() == "active" ? State::active : State::disabled,
        .platform_role = parse_platform_role(row.text_or_null().value_or("")),
        .version = row.integer(),
        .created_at = row.time(),
    };
}

std::unexpected<Error> no_such_user() {
    return refuse(ErrorKind::not_found, "accounts.not_found", "There is no such user.");
}

Task<> tell(
    pg::Transaction& transaction, trace::Context context, UserId user, std::string_view verb
) {
    return events::publish(
        transaction, context, {.topic = "users", .id = user.str(), .verb = verb}
    );
}

}  // namespace acme::accounts
