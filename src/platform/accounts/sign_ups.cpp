#include "platform/accounts/sign_ups.hpp"

#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/letters.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/accounts/rows.hpp"
#include "platform/mail/mail.hpp"

namespace acme::accounts {
namespace {

constexpr std::string_view sign_up_mail = "accounts.sign_up";
constexpr std::string_view reset_mail = "accounts.reset";

std::unexpected<Error> closed() {
    return refuse(
        ErrorKind::forbidden,
        "accounts.sign_up_closed",
        "Accounts are made by an administrator here."
    );
}

std::unexpected<Error> invalid(FieldError problem) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "accounts.invalid",
        .message = "This cannot be taken.",
        .fields = {std::move(problem)},
    });
}

}  // namespace

SignUps::SignUps(
    Options options,
    pg::Database& db,
    Accounts& accounts,
    Passwords& passwords,
    Proofs& proofs,
    mail::Mail& mail
)
    : options_(std::move(options)),
      db_(db),
      accounts_(accounts),
      passwords_(passwords),
      proofs_(proofs),
      mail_(mail) {
    mail_.add(sign_up_mail, [this](trace::Context context, std::string about) {
        return write_sign_up(context, std::move(about));
    });
    mail_.add(reset_mail, [this](trace::Context context, std::string about) {
        return write_reset(context, std::move(about));
    });
}

std::string_view SignUps::mail_way() const { return mail::name_of(mail_.way()); }

/// Says the same of every address.
Result<> SignUps::check_may_ask() const {
    if (mail_.way() != mail::Way::none) return {};
    return refuse(
        ErrorKind::unavailable, "accounts.no_mail", "No mail can be sent: there is no mail server."
    );
}

Task<Result<>> SignUps::ask(trace::Context context, std::string ip, NewUser user, Secret password) {
    if (options_.allowed != SignUp::open) co_return closed();
    ACME_TRY(check_may_ask());
    user.platform_role.reset();
    Secret hash = ACME_TRY(co_await passwords_.hash_for(user, std::move(password)));
    auto transaction = co_await db_.begin(context);
    const ProofId id = co_await proofs_.add(
        transaction, context, ProofKind::sign_up, user.email, user.name, std::move(hash)
    );
    co_await mail_.enqueue(transaction, context, sign_up_mail, id.str());
    co_await note(
        transaction, context, std::move(ip), "accounts.ask_sign_up", id, std::move(user.email)
    );
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<UserId>> SignUps::verify(
    trace::Context context, std::string ip, Brought brought, Secret password
) {
    if (options_.allowed != SignUp::open) co_return closed();
    const Proof proof =
        ACME_TRY(co_await proofs_.find(context, ProofKind::sign_up, std::move(brought)));
    auto hash = proofs_.hash_of(proof);
    if (!hash) co_return invalid_proof();
    std::string chosen(hash->reveal());
    const bool is_right =
        ACME_TRY(co_await passwords_.matches(std::move(chosen), std::move(password)));
    if (!is_right) {
        co_return invalid(
            {"/password", "accounts.password_wrong", "The password that was chosen to sign up."}
        );
    }
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await proofs_.use(transaction, context, proof));
    audit::Actor actor{.name = "sign-up", .ip = std::move(ip)};
    NewUser user{.email = proof.email, .name = proof.name};
    const auto made = co_await passwords_.create(
        transaction, context, std::move(actor), std::move(user), *std::move(hash)
    );
    // An account that came to be meanwhile is its owner's, and no proof is one to it.
    if (!made) co_return invalid_proof();
    co_await accounts_.mark_verified(transaction, context, made->id);
    co_await transaction.commit(context);
    co_return made->id;
}

Task<Result<>> SignUps::forget(trace::Context context, std::string ip, std::string email) {
    ACME_TRY(check_may_ask());
    if (!normalize_email(email)) {
        co_return invalid(
            {"/email", "accounts.email_malformed", "An address such as ada@example.com."}
        );
    }
    auto transaction = co_await db_.begin(context);
    const ProofId id = co_await proofs_.add(transaction, context, ProofKind::reset, email);
    co_await mail_.enqueue(transaction, context, reset_mail, id.str());
    co_await note(transaction, context, std::move(ip), "accounts.ask_reset", id, std::move(email));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<>> SignUps::reset(
    trace::Context context,
    std::string ip,
    Brought brought,
    Secret password,
    const ResetCheck& check
) {
    // Before the code is tried: a password that cannot be taken costs no attempt.
    const std::string named = brought.email.empty() ? "nobody@localhost" : brought.email;
    if (auto bad = problem_of_password(password.reveal(), named, "/new")) {
        co_return invalid(*std::move(bad));
    }
    const Proof proof =
        ACME_TRY(co_await proofs_.find(context, ProofKind::reset, std::move(brought)));
    if (auto bad = problem_of_password(password.reveal(), proof.email, "/new")) {
        co_return invalid(*std::move(bad));
    }
    const auto user = co_await accounts_.find_by_email(context, proof.email);
    if (!user || user->state != State::active) co_return invalid_proof();
    const std::string sealed = ACME_TRY(co_await passwords_.hash(user->id, std::move(password)));
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await proofs_.use(transaction, context, proof));
    ACME_TRY(co_await check(transaction, context, user->id));
    co_await passwords_.store(transaction, context, user->id, sealed);
    co_await accounts_.end_sessions(transaction, context, user->id);
    co_await accounts_.mark_verified(transaction, context, user->id);
    audit::Actor actor{.name = user->id.str(), .ip = std::move(ip)};
    audit::Entry entry{.action = "accounts.reset_password", .target = user->id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, user->id, "updated");
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user->id);
    co_return done;
}

Task<std::optional<smtp::Letter>> SignUps::write_sign_up(
    trace::Context context, std::string about
) {
    const auto told = co_await proofs_.tell(context, ProofKind::sign_up, std::move(about));
    if (!told) co_return std::nullopt;
    const auto user = co_await accounts_.find_by_email(context, told->email);
    if (user) co_return known_letter(*told, options_.base_url);
    co_return confirm_letter(*told, options_.base_url);
}

Task<std::optional<smtp::Letter>> SignUps::write_reset(trace::Context context, std::string about) {
    const auto told = co_await proofs_.tell(context, ProofKind::reset, std::move(about));
    if (!told) co_return std::nullopt;
    const auto user = co_await accounts_.find_by_email(context, told->email);
    if (!user || user->state != State::active) co_return std::nullopt;
    co_return reset_letter(*told, options_.base_url);
}

Task<> SignUps::note(
    pg::Transaction& transaction,
    trace::Context context,
    std::string ip,
    std::string_view action,
    ProofId id,
    std::string email
) {
    audit::Actor actor{.name = "nobody", .ip = std::move(ip)};
    audit::Entry entry{
        .action = action, .target = id.str(), .after = audit::json_of({{"email", email}})
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
}

}  // namespace acme::accounts
