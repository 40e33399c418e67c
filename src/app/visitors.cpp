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

std::string crowd_email(std::size_t number) {
    return "load-" + std::to_string(number) + "@acme.invalid";
}

Task<Result<UserId>> find_or_create(Platform& platform, trace::Context context, std::string email) {
    const auto found = co_await platform.accounts.find_by_email(context, email);
    if (found) co_return found->id;
    accounts::NewUser wanted{.email = std::move(email), .name = "Trial traffic"};
    const auto made =
        ACME_TRY(co_await platform.accounts.create(context, {.name = "system"}, std::move(wanted)));
    co_return made.id;
}

Task<> remove_files(Platform& platform, trace::Context context, UserId user) {
    const auto standing = co_await platform.accounts.standing(context, user);
    if (!standing) co_return;
    const Identity owner{.user = user, .org = standing->org, .org_role = standing->org_role};
    constexpr int page = 100;
    for (std::size_t seen = page; seen == page;) {
        const auto found = co_await platform.files.list(context, owner.org, std::nullopt, page);
        for (const files::File& file : found) {
            std::ignore = co_await platform.files.remove(context, owner, file.id, "");
        }
        seen = found.size();
    }
}

/// From `number` on: an earlier run that was killed may have had more of them.
Task<> clear_crowd(Platform& platform, trace::Context context, std::size_t number) {
    while (true) {
        const auto found = co_await platform.accounts.find_by_email(context, crowd_email(number++));
        if (!found) co_return;
        co_await remove_files(platform, context, found->id);
    }
}

Task<Result<std::vector<std::string>>> open_crowd(
    Platform& platform, trace::Context context, std::size_t count
) {
    std::vector<std::string> cookies;
    while (cookies.size() < count) {
        const UserId user =
            ACME_TRY(co_await find_or_create(platform, context, crowd_email(cookies.size() + 1)));
        sessions::SignIn sign_in{.user = user, .origin = {}};
        sign_in.origin.method = "link";
        sign_in.origin.user_agent = "acme-load";
        const auto begun = ACME_TRY(co_await platform.sessions.begin(context, std::move(sign_in)));
        cookies.push_back(begun.cookie.substr(0, begun.cookie.find(';')));
    }
    co_await clear_crowd(platform, context, count + 1);
    co_return cookies;
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

load::MakeCrowd trial_crowd(Platform& platform) {
    return [&platform](trace::Context context, std::size_t count) {
        return open_crowd(platform, context, count);
    };
}

demo::MakeAccount demo_account(Platform& platform) {
    return [&platform](trace::Context context, std::string email, std::string name) {
        return open_account(
            platform, context, {.email = std::move(email), .name = std::move(name)}
        );
    };
}

}  // namespace acme::app
