#include "platform/accounts/synthetic.hpp"

#include "base/bytes.hpp"
#include "io/pg/database.hpp"

#include <array>

namespace acme::accounts {
namespace {

audit::Actor actor() { return {.name = "system"}; }

Secret fresh_password(Random& random) {
    std::array<std::byte, 32> bytes{};
    random.fill(bytes);
    std::string text;
    for (const std::byte byte : bytes) text += static_cast<char>(byte);
    return Secret(to_base64url(text));
}

}  // namespace

Task<Result<Secret>> open_synthetic(
    Accounts& accounts,
    Passwords& passwords,
    pg::Database& db,
    Telemetry& telemetry,
    trace::Context context,
    NewUser wanted
) {
    Secret password = fresh_password(telemetry.random);
    auto user = co_await accounts.find_by_email(context, wanted.email);
    if (!user) {
        const auto made = co_await passwords.create(context, actor(), wanted, password.clone());
        if (made) co_return std::move(password);
        // Somebody else was faster, or it cannot be made at all.
        user = co_await accounts.find_by_email(context, wanted.email);
        if (!user) co_return std::unexpected(made.error());
    }
    if (user->state != State::active) {
        co_return refuse(
            ErrorKind::forbidden,
            "accounts.synthetic_disabled",
            "The account " + wanted.email + " is disabled. An administrator can enable it again."
        );
    }
    std::string sealed = ACME_TRY(co_await passwords.hash(user->id, password.clone()));
    auto transaction = co_await db.begin(context);
    co_await passwords.store(transaction, context, user->id, std::move(sealed));
    co_await audit::record(
        transaction,
        context,
        actor(),
        {.action = "accounts.open_synthetic", .target = user->id.str()}
    );
    co_await transaction.commit(context);
    if (wanted.platform_role != user->platform_role) {
        ACME_TRY(co_await accounts.administer(
            context, actor(), user->id, user->version, {.platform_role = wanted.platform_role}
        ));
    }
    co_return std::move(password);
}

}  // namespace acme::accounts
