#include "app/visitors.hpp"

#include "platform/accounts/synthetic.hpp"

namespace acme::app {
namespace {

Task<Result<smoke::Account>> open_account(
    Platform& platform, trace::Context context, accounts::NewUser wanted
) {
    if (platform.config.database_url.empty()) {
        co_return refuse(
            ErrorKind::invalid,
            "app.no_database",
            "An account is needed, and DATABASE_URL is not set. With `acme up`: ./dev acme ..."
        );
    }
    Secret password = ACME_TRY(co_await accounts::open_synthetic(
        platform.accounts, platform.passwords, platform.db, platform.telemetry, context, wanted
    ));
    co_return smoke::Account{.email = wanted.email, .password = std::move(password)};
}

smoke::MakeAccount account_of(Platform& platform, accounts::NewUser wanted) {
    return [&platform, wanted = std::move(wanted)](trace::Context context) {
        return open_account(platform, context, wanted);
    };
}

}  // namespace

smoke::MakeAccount smoke_account(Platform& platform) {
    return account_of(
        platform,
        {.email = "smoke@acme.invalid", .name = "Smoke suite", .platform_role = PlatformRole::viewer
        }
    );
}

smoke::MakeAccount trial_account(Platform& platform) {
    return account_of(platform, {.email = "load@acme.invalid", .name = "Trial traffic"});
}

}  // namespace acme::app
