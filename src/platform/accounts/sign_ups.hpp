#pragma once

/// Accounts that people make themselves, and passwords they forgot: both by a mail to their
/// address. Nobody learns here whether an address has an account: what is asked for does the same
/// whether it has or not, down to the rows that are written, and the worker that writes the mail is
/// the first to look.

#include "platform/accounts/accounts.hpp"
#include "platform/accounts/proofs.hpp"

#include <functional>

namespace acme::mail {
class Mail;
}
namespace acme::smtp {
struct Letter;
}

namespace acme::accounts {

class Passwords;

/// Who may make an account: anybody, those who are invited, nobody (C-11).
enum class SignUp : std::uint8_t { open, invite, closed };

constexpr std::string_view name_of(SignUp word) {
    switch (word) {
        case SignUp::open: return "open";
        case SignUp::invite: return "invite";
        case SignUp::closed: return "closed";
    }
    return "closed";
}

/// Asked before a password is set anew, in the transaction that does it: on its error nothing has
/// happened.
using ResetCheck = std::function<Task<Result<>>(pg::Transaction&, trace::Context, UserId)>;

class SignUps {
public:
    struct Options {
        SignUp allowed = SignUp::closed;
        std::string base_url;  // where the dashboard is, "http://localhost:8080"
    };

    /// Adds its letters to `mail`. All outlive this.
    SignUps(
        Options options,
        pg::Database& db,
        Accounts& accounts,
        Passwords& passwords,
        Proofs& proofs,
        mail::Mail& mail
    );

    SignUp allowed() const { return options_.allowed; }

    /// "smtp", "mailbox" or "none": where the mails of this room go.
    std::string_view mail_way() const;

    /// A user comes to be when the address is proved. Errors: accounts.sign_up_closed (forbidden);
    /// accounts.invalid for what breaks the rules; accounts.no_mail, loop.busy (unavailable).
    Task<Result<>> ask(trace::Context context, std::string ip, NewUser user, Secret password);

    /// The user with an organization of their own, and no role on the platform. `password` as it
    /// was chosen: else whoever signs up with somebody's address while they do it themselves could
    /// have a password of theirs confirmed. Errors: accounts.proof_invalid, also when the address
    /// has an account meanwhile; accounts.password_wrong (invalid), which uses nothing up;
    /// accounts.sign_up_closed; loop.busy.
    Task<Result<UserId>> verify(
        trace::Context context, std::string ip, Brought brought, Secret password
    );

    /// A mail with which the password can be set anew. Errors: accounts.invalid for what is no
    /// address; accounts.no_mail (unavailable).
    Task<Result<>> forget(trace::Context context, std::string ip, std::string email);

    /// Sets the password and ends all sessions of the user. Errors: accounts.proof_invalid,
    /// accounts.invalid for a password that breaks the rules, which uses nothing up; loop.busy;
    /// those of `check`.
    Task<Result<>> reset(
        trace::Context context,
        std::string ip,
        Brought brought,
        Secret password,
        const ResetCheck& check
    );

private:
    Result<> check_may_ask() const;
    Task<std::optional<smtp::Letter>> write_sign_up(trace::Context context, std::string about);
    Task<std::optional<smtp::Letter>> write_reset(trace::Context context, std::string about);
    Task<> note(
        pg::Transaction& transaction,
        trace::Context context,
        std::string ip,
        std::string_view action,
        ProofId id,
        std::string email
    );

    Options options_;
    pg::Database& db_;
    Accounts& accounts_;
    Passwords& passwords_;
    Proofs& proofs_;
    mail::Mail& mail_;
};

}  // namespace acme::accounts
