// Inviting, and what those who invite see of it. What those see who were invited: acceptance.cpp.
#include "platform/organizations/invitations.hpp"

#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/happenings/happenings.hpp"
#include "platform/mail/mail.hpp"
#include "platform/organizations/letters.hpp"
#include "platform/organizations/rows.hpp"

namespace acme::organizations {
namespace {

constexpr std::string_view invite_mail = "organizations.invite";

// An open one that is too old makes room for a new one.
constexpr pg::Query revoke_expired{"organizations.revoke_expired", R"sql(
    UPDATE invitations SET revoked_at = $3
    WHERE org_id = $1 AND email_norm = $2 AND accepted_at IS NULL AND revoked_at IS NULL
      AND expires_at <= $3
)sql"};

constexpr pg::Query insert_invitation{"organizations.insert_invitation", R"sql(
    INSERT INTO invitations (org_id, id, email, email_norm, role, inviter_id, inviter, created_at,
                             expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (org_id, email_norm) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING
    RETURNING id, org_id, email, role, inviter, created_at, expires_at
)sql"};

constexpr pg::Query count_open{"organizations.count_open", R"sql(
    SELECT count(*) FROM invitations
    WHERE org_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL
)sql"};

constexpr pg::Query list_open{"organizations.list_open", R"sql(
    SELECT id, org_id, email, role, inviter, created_at, expires_at FROM invitations
    WHERE org_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL
      AND ($2::uuid IS NULL OR id < $2)
    ORDER BY id DESC LIMIT $3
)sql"};

constexpr pg::Query lock_open{"organizations.lock_open", R"sql(
    SELECT id, org_id, email, role, inviter, created_at, expires_at, mails FROM invitations
    WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
    FOR UPDATE
)sql"};

constexpr pg::Query renew{"organizations.renew", R"sql(
    UPDATE invitations SET mails = mails + 1, expires_at = $3 WHERE org_id = $1 AND id = $2
)sql"};

constexpr pg::Query revoke_open{"organizations.revoke", R"sql(
    UPDATE invitations SET revoked_at = $3
    WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
    RETURNING email, role
)sql"};

// The mail names the invitation alone. Whoever invites an address again and again, from however
// many organizations, fills nobody's mailbox; a mail that goes out twice counts once.
constexpr pg::Query tell_invitation{"organizations.tell_invitation", R"sql(
    UPDATE invitations i
    SET told = mails, told_at = CASE WHEN told = mails THEN told_at ELSE $2 END
    WHERE i.id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2
      AND (i.told = i.mails OR $4::bigint > (
          SELECT coalesce(sum(o.told), 0) FROM invitations o
          WHERE o.email_norm = i.email_norm AND o.told_at > $3))
    RETURNING i.email_norm, i.inviter
)sql"};

// Every organization's: what is that old is nobody's any more.
constexpr pg::Query sweep_invitations{"organizations.sweep", R"sql(
    DELETE FROM invitations WHERE expires_at < $1
)sql"};

std::unexpected<Error> no_invitation() {
    return refuse(
        ErrorKind::not_found,
        "organizations.no_invitation",
        "There is no such invitation, or it was accepted or withdrawn."
    );
}

std::unexpected<Error> owner_required() {
    return refuse(ErrorKind::forbidden, "access.role_required", "Only owners invite owners.");
}

std::string invitation_json(InvitationId id, std::string_view email, std::string_view role) {
    return audit::json_of({{"id", id.str()}, {"email", email}, {"role", role}});
}

std::unexpected<Error> conflict(ErrorCode code, std::string message) {
    return std::unexpected(
        Error{.kind = ErrorKind::conflict, .code = code, .message = std::move(message)}
    );
}

}  // namespace

Invitations::Invitations(
    Options options,
    const Secret& secret_keys,
    pg::Database& db,
    accounts::Accounts& accounts,
    accounts::Passwords& passwords,
    accounts::Memberships& memberships,
    mail::Mail& mail,
    Telemetry& telemetry
)
    : options_(std::move(options)),
      secrets_(secret_keys, "invitations v1"),
      db_(db),
      accounts_(accounts),
      passwords_(passwords),
      memberships_(memberships),
      mail_(mail),
      telemetry_(telemetry) {
    mail_.add(invite_mail, [this](trace::Context context, std::string about) {
        return write(context, std::move(about));
    });
}

Result<> Invitations::check_may_mail() const {
    if (mail_.way() != mail::Way::none) return {};
    return refuse(
        ErrorKind::unavailable, "accounts.no_mail", "No mail can be sent: there is no mail server."
    );
}

Task<Result<Invitation>> Invitations::add(
    pg::Transaction& transaction, trace::Context context, Doer doer, std::string email, OrgRole role
) {
    ACME_TRY(check_may_mail());
    const auto address = accounts::normalize_email(email);
    if (!address) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "accounts.invalid",
            .message = "Nobody can be invited like this.",
            .fields = {{"/email", "accounts.email_malformed", "An address such as ada@example.com."}
            },
        });
    }
    if (!accounts::may_change(doer.who.org_role, OrgRole::member, role)) co_return owner_required();
    const OrgId org = doer.who.org;
    const auto inviter = ACME_TRY(co_await accounts_.find(context, doer.who.user));
    ACME_TRY(co_await memberships_.lock(transaction, context, org));
    if (co_await memberships_.has_address(transaction, context, org, *address)) {
        co_return conflict(
            "organizations.already_member", "Whoever has this address is a member already."
        );
    }
    const WallTime now = telemetry_.clock.now();
    co_await transaction.run(context, revoke_expired, org, *address, now);
    const auto open = co_await transaction.run(context, count_open, org);
    if (open[0].integer() >= open_max) {
        co_return conflict(
            "organizations.too_many_invitations",
            "There are 100 invitations that nobody accepted. Withdraw some first."
        );
    }
    const auto id = InvitationId::make(now, telemetry_.random);
    const auto rows = co_await transaction.run(
        context,
        insert_invitation,
        org,
        id,
        email,
        *address,
        name_of(role),
        doer.who.user,
        inviter.email,
        now,
        now + life
    );
    if (rows.empty()) {
        co_return conflict(
            "organizations.already_invited",
            "This address was invited already. Send that invitation again, or withdraw it."
        );
    }
    co_await mail_.enqueue(transaction, context, invite_mail, id.str());
    audit::Entry entry{
        .action = "organizations.invite",
        .target = id.str(),
        .after = audit::json_of({{"email", *address}, {"role", name_of(role)}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell(transaction, context, org, id, "created");
    co_await happenings::tell(
        transaction,
        context,
        telemetry_,
        {"invitation.created", org, id.str(), invitation_json(id, *address, name_of(role))}
    );
    pg::Row row = rows[0];
    co_return read_invitation(row);
}

Task<std::vector<Invitation>> Invitations::list(
    trace::Context context, OrgId org, std::optional<InvitationId> before, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_open, org, before, limit);
    std::vector<Invitation> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        found.push_back(read_invitation(row));
    }
    co_return found;
}

Task<Result<Invitation>> Invitations::resend(
    pg::Transaction& transaction, trace::Context context, Doer doer, InvitationId id
) {
    ACME_TRY(check_may_mail());
    const OrgId org = doer.who.org;
    const auto rows = co_await transaction.run(context, lock_open, org, id);
    if (rows.empty()) co_return no_invitation();
    pg::Row row = rows[0];
    Invitation invitation = read_invitation(row);
    if (!accounts::may_change(doer.who.org_role, OrgRole::member, invitation.role)) {
        co_return owner_required();
    }
    if (row.integer() >= mails_max) {
        co_return conflict(
            "organizations.too_many_mails",
            "It was sent five times. Withdraw it, and invite them again."
        );
    }
    invitation.expires_at = telemetry_.clock.now() + life;
    co_await transaction.run(context, renew, org, id, invitation.expires_at);
    co_await mail_.enqueue(transaction, context, invite_mail, id.str());
    audit::Entry entry{
        .action = "organizations.invite_again",
        .target = id.str(),
        .after = audit::json_of({{"email", invitation.email}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell(transaction, context, org, id, "updated");
    co_return invitation;
}

Task<Result<>> Invitations::revoke(trace::Context context, Doer doer, InvitationId id) {
    const OrgId org = doer.who.org;
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, revoke_open, org, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_invitation();
    pg::Row row = rows[0];
    const std::string email = row.text();
    const std::string role = row.text();
    audit::Entry entry{
        .action = "organizations.withdraw",
        .target = id.str(),
        .before = audit::json_of({{"email", email}, {"role", role}}),
    };
    co_await audit::record(transaction, context, doer.actor(), std::move(entry));
    co_await tell(transaction, context, org, id, "deleted");
    co_await happenings::tell(
        transaction,
        context,
        telemetry_,
        {"invitation.withdrawn", org, id.str(), invitation_json(id, email, role)}
    );
    co_await transaction.commit(context);
    co_return done;
}

/// Of one that is still good; the worker is the first to count.
Task<std::optional<smtp::Letter>> Invitations::write(trace::Context context, std::string about) {
    const auto id = InvitationId::parse(about);
    if (!id) co_return std::nullopt;
    const WallTime now = telemetry_.clock.now();
    const WallTime hour_ago = now - std::chrono::hours(1);
    const auto rows =
        co_await db_.run(context, tell_invitation, *id, now, hour_ago, mails_per_hour_max);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Words words{.to = row.text(), .inviter = row.text(), .token = {}, .code = {}};
    words.token = secrets_.token_of(about);
    words.code = secrets_.code_of(about);
    co_return invitation_letter(words, options_.base_url);
}

Task<> Invitations::sweep(trace::Context context) {
    co_await db_.run(context, sweep_invitations, telemetry_.clock.now() - kept_for);
}

}  // namespace acme::organizations
