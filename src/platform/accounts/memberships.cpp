#include "platform/accounts/memberships.hpp"

#include "io/http/access.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/rows.hpp"
#include "platform/events/events.hpp"
#include "platform/happenings/happenings.hpp"

namespace acme::accounts {
namespace {

// Every one of the user's: whose they are is what is asked for.
constexpr pg::Query list_organizations{"accounts.list_organizations", R"sql(
    SELECT o.id, o.name, m.role FROM memberships m JOIN orgs o ON o.id = m.org_id
    WHERE m.user_id = $1 AND ($2::uuid IS NULL OR m.org_id > $2)
    ORDER BY m.org_id LIMIT $3
)sql"};

constexpr pg::Query count_organizations{"accounts.count_organizations", R"sql(
    SELECT count(*) FROM memberships WHERE user_id = $1
)sql"};

constexpr pg::Query find_organization{"accounts.find_organization", R"sql(
    SELECT name FROM orgs WHERE id = $1
)sql"};

constexpr pg::Query list_members{"accounts.list_members", R"sql(
    SELECT u.id, u.email, u.name, u.state, m.role, m.version, m.created_at
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = $1 AND ($2::uuid IS NULL OR m.user_id > $2)
    ORDER BY m.user_id LIMIT $3
)sql"};

constexpr pg::Query find_member{"accounts.find_member", R"sql(
    SELECT u.id, u.email, u.name, u.state, m.role, m.version, m.created_at
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = $1 AND m.user_id = $2
)sql"};

constexpr pg::Query count_members_of_address{"accounts.count_members_of_address", R"sql(
    SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = $1 AND u.email_norm = $2
)sql"};

// Before any row of a member, so that no two wait for each other.
constexpr pg::Query lock_organization{"accounts.lock_organization", R"sql(
    SELECT name FROM orgs WHERE id = $1 FOR UPDATE
)sql"};

constexpr pg::Query count_other_owners{"accounts.count_other_owners", R"sql(
    SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND u.state = 'active'
)sql"};

constexpr pg::Query set_role{"accounts.set_role", R"sql(
    UPDATE memberships SET role = $3, version = version + 1
    WHERE org_id = $1 AND user_id = $2 AND version = $4
    RETURNING version
)sql"};

constexpr pg::Query delete_membership{"accounts.delete_membership", R"sql(
    DELETE FROM memberships WHERE org_id = $1 AND user_id = $2
)sql"};

constexpr pg::Query join_organization{"accounts.join", R"sql(
    INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (org_id, user_id) DO NOTHING
    RETURNING org_id
)sql"};

// What copies of their sessions say of their roles becomes stale with it.
constexpr pg::Query outdate_user{"accounts.outdate", R"sql(
    UPDATE users SET version = version + 1, updated_at = $2 WHERE id = $1
)sql"};

// Braces evaluate from left to right, in the order of the SELECT list.
Organization read_organization(pg::Row row) {
    return {.id = row.id<OrgId>(), .name = row.text(), .role = parse_org_role(row.text())};
}

Member read_member(pg::Row row) {
    return {
        .user = row.id<UserId>(),
        .email = row.text(),
        .name = row.text(),
        .state = row.text() == "active" ? State::active : State::disabled,
        .role = parse_org_role(row.text()),
        .version = row.integer(),
        .since = row.time(),
    };
}

std::unexpected<Error> not_member() {
    return refuse(
        ErrorKind::not_found, "accounts.not_member", "The organization has no such member."
    );
}

std::unexpected<Error> owner_required() {
    return refuse(
        ErrorKind::forbidden,
        "access.role_required",
        "Only owners make owners, and only owners change or remove them."
    );
}

/// Those of the organization see it at once.
Task<> tell_members(
    pg::Transaction& transaction,
    trace::Context context,
    OrgId org,
    UserId user,
    std::string_view verb
) {
    return events::publish(
        transaction, context, {.topic = "organizations", .id = user.str(), .verb = verb, .org = org}
    );
}

std::string member_json(UserId user, OrgRole role) {
    return audit::json_of({{"user", user.str()}, {"role", name_of(role)}});
}

}  // namespace

Task<std::vector<Organization>> Memberships::organizations_of(
    trace::Context context, UserId user, std::optional<OrgId> after, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_organizations, user, after, limit);
    std::vector<Organization> found;
    for (int i = 0; i < rows.size(); ++i) found.push_back(read_organization(rows[i]));
    co_return found;
}

Task<std::string> Memberships::organization_name(trace::Context context, OrgId org) {
    const auto rows = co_await db_.run(context, find_organization, org);
    co_return rows.empty() ? "" : rows[0].text();
}

Task<Result<Organization>> Memberships::make(
    pg::Transaction& transaction, trace::Context context, Doer doer, std::string name
) {
    if (!is_name(name)) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "accounts.invalid",
            .message = "The name cannot be taken.",
            .fields = {{"/name", "accounts.name_malformed", "One line of 1 to 120 characters."}},
        });
    }
    const UserId user = doer.who.user;
    const WallTime now = telemetry_.clock.now();
    co_await transaction.run(context, outdate_user, user, now);  // locks the row, too
    const auto count = co_await transaction.run(context, count_organizations, user);
    if (count[0].integer() >= organizations_max) {
        co_return refuse(
            ErrorKind::conflict,
            "accounts.too_many_organizations",
            "You belong to 100 organizations, which is as many as one may have."
        );
    }
    const auto id = OrgId::make(now, telemetry_.random);
    co_await transaction.run(context, insert_org, id, name, now);
    co_await transaction.run(context, insert_membership, id, user, name_of(OrgRole::owner), now);
    doer.who.org = id;
    audit::Entry entry{
        .action = "accounts.make_organization",
        .target = id.str(),
        .after = audit::json_of({{"name", name}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell(transaction, context, user, "updated");
    co_return Organization{.id = id, .name = std::move(name), .role = OrgRole::owner};
}

Task<std::vector<Member>> Memberships::list(
    trace::Context context, OrgId org, std::optional<UserId> after, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_members, org, after, limit);
    std::vector<Member> members;
    for (int i = 0; i < rows.size(); ++i) members.push_back(read_member(rows[i]));
    co_return members;
}

Task<Result<Member>> Memberships::find(trace::Context context, OrgId org, UserId user) {
    const auto rows = co_await db_.run(context, find_member, org, user);
    if (rows.empty()) co_return not_member();
    co_return read_member(rows[0]);
}

Task<bool> Memberships::has_address(
    pg::Transaction& transaction, trace::Context context, OrgId org, std::string email
) {
    const auto rows = co_await transaction.run(context, count_members_of_address, org, email);
    co_return rows[0].integer() > 0;
}

Task<Result<Organization>> Memberships::lock(
    pg::Transaction& transaction, trace::Context context, OrgId org
) {
    const auto rows = co_await transaction.run(context, lock_organization, org);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::not_found, "accounts.not_found", "There is no such organization."
        );
    }
    co_return Organization{.id = org, .name = rows[0].text(), .role = OrgRole::member};
}

Task<std::optional<Member>> Memberships::read(
    pg::Transaction& transaction, trace::Context context, OrgId org, UserId user
) {
    const auto rows = co_await transaction.run(context, find_member, org, user);
    if (rows.empty()) co_return std::nullopt;
    co_return read_member(rows[0]);
}

Task<Result<>> Memberships::check_other_owner(
    pg::Transaction& transaction, trace::Context context, OrgId org, const Member& member
) {
    if (member.role != OrgRole::owner) co_return done;
    const auto others = co_await transaction.run(context, count_other_owners, org, member.user);
    if (others[0].integer() > 0) co_return done;
    co_return refuse(
        ErrorKind::conflict,
        "accounts.last_owner",
        "The organization would be left without an owner. Make somebody else one first."
    );
}

Task<Result<Member>> Memberships::change_role(
    trace::Context context, Doer doer, UserId user, std::int64_t version, OrgRole role
) {
    const OrgId org = doer.who.org;
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await lock(transaction, context, org));
    const auto own = co_await read(transaction, context, org, doer.who.user);
    auto member = co_await read(transaction, context, org, user);
    if (!own || !member) co_return not_member();
    if (!may_change(own->role, member->role, role)) {
        ACME_TRY(http::Access::org(OrgRole::admin).check(doer.who));
        co_return owner_required();
    }
    if (member->role == role && member->version == version) co_return *member;
    if (role != OrgRole::owner) {
        ACME_TRY(co_await check_other_owner(transaction, context, org, *member));
    }
    const auto rows =
        co_await transaction.run(context, set_role, org, user, name_of(role), version);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "http.precondition_failed", "It has changed: read it again."
        );
    }
    co_await transaction.run(context, outdate_user, user, telemetry_.clock.now());
    audit::Entry entry{
        .action = "accounts.change_role",
        .target = user.str(),
        .before = audit::json_of({{"role", name_of(member->role)}}),
        .after = audit::json_of({{"role", name_of(role)}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell_members(transaction, context, org, user, "updated");
    co_await tell(transaction, context, user, "updated");
    std::string changed = audit::json_of(
        {{"user", user.str()}, {"role", name_of(role)}, {"role_before", name_of(member->role)}}
    );
    co_await happenings::tell(
        transaction,
        context,
        telemetry_,
        {"member.role_changed", org, user.str(), std::move(changed)}
    );
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user);
    member->role = role;
    member->version = rows[0].integer();
    co_return *std::move(member);
}

Task<Result<>> Memberships::remove(trace::Context context, Doer doer, UserId user) {
    const OrgId org = doer.who.org;
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await lock(transaction, context, org));
    const auto own = co_await read(transaction, context, org, doer.who.user);
    const auto member = co_await read(transaction, context, org, user);
    if (!own || !member) co_return not_member();
    const bool is_leaving = user == doer.who.user;
    if (!is_leaving && !may_remove(own->role, member->role)) {
        ACME_TRY(http::Access::org(OrgRole::admin).check(doer.who));
        co_return owner_required();
    }
    ACME_TRY(co_await check_other_owner(transaction, context, org, *member));
    co_await transaction.run(context, outdate_user, user, telemetry_.clock.now());
    co_await transaction.run(context, delete_membership, org, user);
    co_await give_organization(transaction, context, *member);
    audit::Entry entry{
        .action = is_leaving ? "accounts.leave" : "accounts.remove_member",
        .target = user.str(),
        .before = audit::json_of({{"role", name_of(member->role)}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell_members(transaction, context, org, user, "deleted");
    co_await tell(transaction, context, user, "updated");
    co_await happenings::tell(
        transaction,
        context,
        telemetry_,
        {"member.removed", org, user.str(), member_json(user, member->role)}
    );
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user);
    co_return done;
}

/// Else nobody could let them in any more: a session is in an organization.
Task<> Memberships::give_organization(
    pg::Transaction& transaction, trace::Context context, const Member& member
) {
    const auto count = co_await transaction.run(context, count_organizations, member.user);
    if (count[0].integer() > 0) co_return;
    const WallTime now = telemetry_.clock.now();
    const auto id = OrgId::make(now, telemetry_.random);
    co_await transaction.run(context, insert_org, id, member.name, now);
    co_await transaction.run(
        context, insert_membership, id, member.user, name_of(OrgRole::owner), now
    );
}

Task<bool> Memberships::join(
    pg::Transaction& transaction, trace::Context context, UserId user, Joining joining
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await transaction.run(
        context, join_organization, joining.org, user, name_of(joining.role), now
    );
    if (rows.empty()) co_return false;
    co_await transaction.run(context, outdate_user, user, now);
    co_await tell_members(transaction, context, joining.org, user, "created");
    co_await tell(transaction, context, user, "updated");
    co_await happenings::tell(
        transaction,
        context,
        telemetry_,
        {"member.joined", joining.org, user.str(), member_json(user, joining.role)}
    );
    co_return true;
}

}  // namespace acme::accounts
