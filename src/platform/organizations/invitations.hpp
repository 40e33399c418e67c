#pragma once

/// Invitations into organizations. The room owns the table invitations
/// (sql/202611291153_invitations.sql).
///
/// An invitation is for an address: whoever brings what was mailed there may accept it, as the user
/// who has that address, or by becoming one. Looking at it consumes nothing but an attempt at the
/// codes of that address.

#include "platform/accounts/mail_secrets.hpp"
#include "platform/accounts/memberships.hpp"
#include "platform/accounts/sign_ups.hpp"
namespace acme::organizations {

using InvitationId = Id<"inv_">;
using accounts::Doer;

inline constexpr std::chrono::days life{7};       // from when it was last sent
inline constexpr std::chrono::days kept_for{30};  // so long it tells what became of it
inline constexpr int open_max = 100;              // of an organization
inline constexpr int mails_max = 5;               // of an invitation
inline constexpr int mails_per_hour_max = 5;      // to an address, from all organizations
inline constexpr int code_attempts_max = 10;      // at all codes of an address together

struct Invitation {
    InvitationId id;
    OrgId org;
    std::string email;
    OrgRole role = OrgRole::member;
    std::string inviter;  // address
    WallTime created_at;
    WallTime expires_at;
};

/// What somebody who was invited is shown.
struct Offer {
    Invitation invitation;
    std::string organization;  // name
    bool has_account = false;  // the address
};

/// Who has no account yet.
struct Newcomer {
    std::string name;
    Secret password;
};

struct Accepted {
    UserId user;
    OrgId org;
    bool is_new = false;  // the user
};

struct Options {
    accounts::SignUp sign_up = accounts::SignUp::closed;
    std::string base_url;  // where the dashboard is, "http://localhost:8080"
};

/// Every function throws pg::Fault when the database is out of reach. "Gone" stands for
/// organizations.invitation_accepted, _revoked and _expired (conflict), by which a link tells what
/// became of it; a code tells no more than organizations.invitation_invalid (unauthenticated).
class Invitations {
public:
    /// Adds its letter to `mail`. `secret_keys` is SECRET_KEY as given. All outlive this.
    Invitations(
        Options options,
        const Secret& secret_keys,
        pg::Database& db,
        accounts::Accounts& accounts,
        accounts::Passwords& passwords,
        accounts::Memberships& memberships,
        mail::Mail& mail,
        Telemetry& telemetry
    );

    /// With its mail, into the organization of the doer's session. Errors: accounts.invalid for
    /// what is no address; access.role_required (forbidden), see accounts::may_change();
    /// organizations.already_member, _invited and organizations.too_many_invitations (conflict);
    /// accounts.no_mail (unavailable).
    Task<Result<Invitation>> add(
        pg::Transaction& transaction,
        trace::Context context,
        Doer doer,
        std::string email,
        OrgRole role
    );

    /// Those that were neither accepted nor revoked, newest first, those before `before`.
    Task<std::vector<Invitation>> list(
        trace::Context context, OrgId org, std::optional<InvitationId> before, std::int64_t limit
    );

    /// Another mail, which says the same as the first, and another week. Errors:
    /// organizations.no_invitation (not_found); organizations.too_many_mails (conflict);
    /// access.role_required; accounts.no_mail.
    Task<Result<Invitation>> resend(
        pg::Transaction& transaction, trace::Context context, Doer doer, InvitationId id
    );

    /// Its link and code are good no more. Errors: organizations.no_invitation (not_found).
    Task<Result<>> revoke(trace::Context context, Doer doer, InvitationId id);

    /// Errors: organizations.invitation_invalid, gone.
    Task<Result<Offer>> show(trace::Context context, accounts::Brought brought);

    /// By `who`, whose address it is for, or by a newcomer. Twice: the second is told that it was
    /// accepted. Errors: organizations.invitation_invalid, gone; organizations.sign_in_first
    /// (conflict) when the address has an account and `who` is another one or nobody;
    /// accounts.invalid for a newcomer without a name or a password, or with bad ones;
    /// accounts.sign_up_closed (forbidden); loop.busy (unavailable).
    Task<Result<Accepted>> accept(
        trace::Context context,
        std::string ip,
        accounts::Brought brought,
        std::optional<Identity> who,
        std::optional<Newcomer> newcomer
    );

    bool is_expired(const Invitation& invitation) const {
        return invitation.expires_at <= telemetry_.clock.now();
    }

    /// Forgets what has expired kept_for ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    Result<> check_may_mail() const;
    Task<Result<Invitation>> find(trace::Context context, accounts::Brought brought);
    Task<Result<Invitation>> find_by_token(trace::Context context, std::string token);
    Task<Result<Invitation>> read_open(trace::Context context, InvitationId id);
    Task<Result<Invitation>> find_by_code(trace::Context context, accounts::Brought brought);
    Task<Result<Accepted>> accept_as(
        trace::Context context, std::string ip, Invitation invitation, UserId user
    );
    Task<Result<Accepted>> accept_newly(
        trace::Context context, std::string ip, Invitation invitation, Newcomer newcomer
    );
    Task<Result<>> use(pg::Transaction& transaction, trace::Context context, Invitation invitation);
    Task<> note_accepted(
        pg::Transaction& transaction,
        trace::Context context,
        std::string ip,
        Invitation invitation,
        UserId user
    );
    Task<std::optional<smtp::Letter>> write(trace::Context context, std::string about);

    Options options_;
    accounts::MailSecrets secrets_;
    pg::Database& db_;
    accounts::Accounts& accounts_;
    accounts::Passwords& passwords_;
    accounts::Memberships& memberships_;
    mail::Mail& mail_;
    Telemetry& telemetry_;
};

}  // namespace acme::organizations
