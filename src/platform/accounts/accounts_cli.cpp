#include "platform/accounts/accounts_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/rows.hpp"

namespace acme::accounts {
namespace {

constexpr std::int64_t page = 200;
constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};

audit::Actor actor() { return {.name = "cli"}; }

std::string role_of(const User& user) {
    return std::string(user.platform_role ? name_of(*user.platform_role) : "-");
}

Task<Result<>> print_link(
    Accounts& accounts, Links& links, std::string admin_email, const cli::Call& call
) {
    const bool is_first_only = call.has("--unless-used");
    if (is_first_only && co_await accounts.has_administrator_signed_in(call.context))
        co_return done;
    UserId user;
    if (call.has("--email")) {
        const auto found = co_await accounts.find_by_email(call.context, call.value("--email"));
        if (!found) co_return no_such_user();
        user = found->id;
    } else {
        const auto admin =
            ACME_TRY(co_await accounts.ensure_administrator(call.context, std::move(admin_email)));
        user = admin.user.id;
    }
    const auto link = co_await links.make(call.context, actor(), user);
    call.print(link.url);
    co_return done;
}

Task<Result<>> create(Accounts& accounts, Links& links, const cli::Call& call) {
    NewUser wanted{.email = call.value("--email"), .name = call.value("--name")};
    if (call.has("--platform-role")) {
        wanted.platform_role = parse_platform_role(call.value("--platform-role"));
        if (!wanted.platform_role) {
            co_return refuse(
                ErrorKind::invalid,
                "accounts.role_unknown",
                "A platform role is viewer, operator or admin."
            );
        }
    }
    const User made = ACME_TRY(co_await accounts.create(call.context, actor(), std::move(wanted)));
    const auto link = co_await links.make(call.context, actor(), made.id);
    if (call.has("--json")) {
        call.print(audit::json_of(
            {{"id", made.id.str()},
             {"email", made.email},
             {"link", link.url},
             {"link_expires_at", http::to_json(link.expires_at)}}
        ));
        co_return done;
    }
    call.print(made.id.str() + "  " + made.email);
    call.print(link.url);
    co_return done;
}

void print_user(const cli::Call& call, const User& user) {
    if (!call.has("--json")) {
        const std::string state(name_of(user.state));
        call.print(user.id.str() + "  " + state + "  " + role_of(user) + "  " + user.email);
        return;
    }
    call.print(audit::json_of({
        {"id", user.id.str()},
        {"email", user.email},
        {"name", user.name},
        {"state", name_of(user.state)},
        {"platform_role", user.platform_role ? name_of(*user.platform_role) : ""},
        {"created_at", http::to_json(user.created_at)},
    }));
}

Task<Result<>> list(Accounts& accounts, const cli::Call& call) {
    std::optional<UserId> after;
    while (true) {
        const auto users = co_await accounts.list(call.context, after, page);
        for (const User& user : users) print_user(call, user);
        if (std::ssize(users) < page) co_return done;
        after = users.back().id;
    }
}

/// Against the version that is there now: who says what shall be does not mind what was.
Task<Result<>> apply(Accounts& accounts, const cli::Call& call, Change change) {
    const auto user = co_await accounts.find_by_email(call.context, call.operands.at(0));
    if (!user) co_return no_such_user();
    print_user(
        call,
        ACME_TRY(co_await accounts.administer(
            call.context, actor(), user->id, user->version, std::move(change)
        ))
    );
    co_return done;
}

Task<Result<>> set_role(Accounts& accounts, const cli::Call& call) {
    const std::string& word = call.operands.at(1);
    const auto role = parse_platform_role(word);
    if (!role && word != "none") {
        co_return refuse(
            ErrorKind::invalid,
            "accounts.role_unknown",
            "A platform role is viewer, operator, admin, or none."
        );
    }
    co_return co_await apply(accounts, call, {.platform_role = role});
}

void add_changes(cli::Commands& commands, Accounts& accounts) {
    commands.add({
        .name = "accounts role",
        .operands = {"ADDRESS", "ROLE"},
        .options = {as_json},
        .about = "Gives a user a role on the platform: viewer, operator, admin, or none.",
        .example = "acme accounts role ada@example.com operator",
        .run = [&](const cli::Call& call) { return set_role(accounts, call); },
    });
    commands.add({
        .name = "accounts disable",
        .operands = {"ADDRESS"},
        .options = {as_json},
        .about = "Ends all sessions and keys of a user, who cannot sign in any more.",
        .example = "acme accounts disable ada@example.com",
        .run = [&](const cli::Call& call
               ) { return apply(accounts, call, {.state = State::disabled}); },
    });
    commands.add({
        .name = "accounts enable",
        .operands = {"ADDRESS"},
        .options = {as_json},
        .about = "Lets a user sign in again.",
        .example = "acme accounts enable ada@example.com",
        .run = [&](const cli::Call& call
               ) { return apply(accounts, call, {.state = State::active}); },
    });
}

}  // namespace

void add_commands(
    cli::Commands& commands, Accounts& accounts, Links& links, std::string admin_email
) {
    commands.add({
        .name = "admin link",
        .options =
            {{.name = "--email",
              .value = "ADDRESS",
              .about = "whom it signs in; without it, the first administrator"},
             {.name = "--unless-used",
              .about = "print nothing when an administrator has signed in before"}},
        .about = "Prints a link that signs an administrator in once, within 30 minutes.",
        .example = "acme admin link",
        .run = [&, email = std::move(admin_email)](const cli::Call& call
               ) { return print_link(accounts, links, email, call); },
    });
    commands.add({
        .name = "accounts create",
        .options =
            {{.name = "--email", .value = "ADDRESS", .about = "to sign in with", .is_required = true
             },
             {.name = "--name", .value = "NAME", .about = "as others see it", .is_required = true},
             {.name = "--platform-role", .value = "ROLE", .about = "viewer, operator or admin"},
             as_json},
        .about = "Adds a user and prints a link that signs them in once.",
        .example = "acme accounts create --email ada@example.com --name 'Ada Lovelace'",
        .run = [&](const cli::Call& call) { return create(accounts, links, call); },
    });
    commands.add({
        .name = "accounts list",
        .options = {as_json},
        .about = "Lists the users in the order in which they were added.",
        .example = "acme accounts list --json",
        .run = [&](const cli::Call& call) { return list(accounts, call); },
    });
    add_changes(commands, accounts);
}

}  // namespace acme::accounts
