// What those see who were invited, and what accepting does.
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/organizations/invitations.hpp"
#include "platform/organizations/rows.hpp"

namespace acme::organizations {
namespace {

// Here and below: what was mailed is all that is known, so the organization is what is asked for.
constexpr pg::Query find_by_id{"organizations.find_by_id", R"sql(
    SELECT id, org_id, email, role, inviter, created_at, expires_at, accepted_at, revoked_at
    FROM invitations WHERE id = $1
)sql"};

// Counted before it is looked at, so that many at once do not slip through.
constexpr pg::Query try_codes{"organizations.try_codes", R"sql(
    UPDATE invitations SET attempts = attempts + 1
    WHERE email_norm = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2
      AND attempts < $3::bigint
    RETURNING id, org_id, email, role, inviter, created_at, expires_at
)sql"};

constexpr pg::Query use_invitation{"organizations.use", R"sql(
    UPDATE invitations SET accepted_at = $3
    WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
      AND expires_at > $3
    RETURNING id
)sql"};

std::unexpected<Error> gone(ErrorCode code, std::string message) {
    return std::unexpected(
        Error{.kind = ErrorKind::conflict, .code = code, .message = std::move(message)}
    );
}

std::unexpected<Error> sign_in_first() {
    return gone(
        "organizations.sign_in_first",
        "The address that was invited has an account. Sign in with it, then accept."
    );
}

Error newcomer_missing() {
    return {
        .kind = ErrorKind::invalid,
        .code = "accounts.invalid",
        .message = "An account comes to be with this: choose a name and a password.",
        .fields =
            {{"/name", "accounts.name_malformed", "One line of 1 to 120 characters."},
             {"/password", "accounts.password_too_short", "At least 10 characters."}},
    };
}

}  // namespace

Task<Result<Invitation>> Invitations::find(trace::Context context, accounts::Brought brought) {
    if (brought.token.empty()) co_return co_await find_by_code(context, std::move(brought));
    co_return co_await find_by_token(context, std::move(brought.token));
}

Task<Result<Invitation>> Invitations::find_by_token(trace::Context context, std::string token) {
    const auto id = InvitationId::parse(accounts::MailSecrets::id_in(token));
    if (!id || !secrets_.is_token_of(id->str(), token)) co_return invalid_invitation();
    co_return co_await read_open(context, *id);
}

Task<Result<Invitation>> Invitations::read_open(trace::Context context, InvitationId id) {
    const auto rows = co_await db_.run(context, find_by_id, id);
    if (rows.empty()) co_return invalid_invitation();
    pg::Row row = rows[0];
    const Invitation invitation = read_invitation(row);
    if (row.time_or_null()) {
        co_return gone(
            "organizations.invitation_accepted",
            "This invitation was accepted already. Sign in to see the organization."
        );
    }
    if (row.time_or_null()) {
        co_return gone("organizations.invitation_revoked", "This invitation was withdrawn.");
    }
    if (invitation.expires_at <= telemetry_.clock.now()) {
        co_return gone(
            "organizations.invitation_expired",
            "This invitation is too old. Ask to be invited again."
        );
    }
    co_return invitation;
}

Task<Result<Invitation>> Invitations::find_by_code(
    trace::Context context, accounts::Brought brought
) {
    const std::string email = accounts::normalize_email(brought.email).value_or("");
    const auto rows =
        co_await db_.run(context, try_codes, email, telemetry_.clock.now(), code_attempts_max);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const Invitation invitation = read_invitation(row);
        if (secrets_.is_code_of(invitation.id.str(), brought.code)) co_return invitation;
    }
    co_return invalid_invitation();
}

Task<Result<Offer>> Invitations::show(trace::Context context, accounts::Brought brought) {
    const Invitation invitation = ACME_TRY(co_await find(context, std::move(brought)));
    const auto account = co_await accounts_.find_by_email(context, invitation.email);
    co_return Offer{
        .invitation = invitation,
        .organization = co_await memberships_.organization_name(context, invitation.org),
        .has_account = account.has_value(),
    };
}

Task<Result<Accepted>> Invitations::accept(
    trace::Context context,
    std::string ip,
    accounts::Brought brought,
    std::optional<Identity> who,
    std::optional<Newcomer> newcomer
) {
    const Invitation invitation = ACME_TRY(co_await find(context, std::move(brought)));
    const auto account = co_await accounts_.find_by_email(context, invitation.email);
    if (account) {
        if (!who || who->user != account->id) co_return sign_in_first();
        co_return co_await accept_as(context, std::move(ip), invitation, account->id);
    }
    if (options_.sign_up == accounts::SignUp::closed) {
        co_return refuse(
            ErrorKind::forbidden,
            "accounts.sign_up_closed",
            "Accounts are made by an administrator here."
        );
    }
    if (!newcomer) co_return std::unexpected(newcomer_missing());
    co_return co_await accept_newly(context, std::move(ip), invitation, *std::move(newcomer));
}

Task<Result<Accepted>> Invitations::accept_as(
    trace::Context context, std::string ip, Invitation invitation, UserId user
) {
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await memberships_.lock(transaction, context, invitation.org));
    ACME_TRY(co_await use(transaction, context, invitation));
    const accounts::Joining joining{.org = invitation.org, .role = invitation.role};
    co_await memberships_.join(transaction, context, user, joining);
    co_await accounts_.mark_verified(transaction, context, user);
    co_await note_accepted(transaction, context, std::move(ip), invitation, user);
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user);
    co_return Accepted{.user = user, .org = invitation.org, .is_new = false};
}

Task<Result<Accepted>> Invitations::accept_newly(
    trace::Context context, std::string ip, Invitation invitation, Newcomer newcomer
) {
    accounts::NewUser wanted{.email = invitation.email, .name = std::move(newcomer.name)};
    wanted.joins = accounts::Joining{.org = invitation.org, .role = invitation.role};
    Secret hash = ACME_TRY(co_await passwords_.hash_for(wanted, std::move(newcomer.password)));
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await memberships_.lock(transaction, context, invitation.org));
    ACME_TRY(co_await use(transaction, context, invitation));
    audit::Actor actor{.name = "invitation", .org = invitation.org, .ip = ip};
    const auto made = co_await passwords_.create(
        transaction, context, std::move(actor), std::move(wanted), std::move(hash)
    );
    if (!made) co_return sign_in_first();  // they signed up meanwhile
    co_await accounts_.mark_verified(transaction, context, made->id);
    co_await note_accepted(transaction, context, std::move(ip), invitation, made->id);
    co_await transaction.commit(context);
    co_return Accepted{.user = made->id, .org = invitation.org, .is_new = true};
}

/// Says what has become of it when somebody was faster.
Task<Result<>> Invitations::use(
    pg::Transaction& transaction, trace::Context context, Invitation invitation
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await transaction.run(context, use_invitation, invitation.org, invitation.id, now);
    if (!rows.empty()) co_return done;
    ACME_TRY(co_await read_open(context, invitation.id));
    co_return invalid_invitation();
}

Task<> Invitations::note_accepted(
    pg::Transaction& transaction,
    trace::Context context,
    std::string ip,
    Invitation invitation,
    UserId user
) {
    audit::Actor actor{.name = user.str(), .org = invitation.org, .ip = std::move(ip)};
    audit::Entry entry{
        .action = "organizations.accept",
        .target = invitation.id.str(),
        .after = audit::json_of({{"role", name_of(invitation.role)}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, invitation.org, invitation.id, "accepted");
}

}  // namespace acme::organizations
