#include "platform/tokens/tokens_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/service_accounts_json.hpp"

#include <boost/json/serialize.hpp>

#include <iostream>

namespace acme::tokens {
namespace {

constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
constexpr int page = 100;
constexpr std::size_t key_bytes_max = 8192;

audit::Actor actor() { return {.name = "cli"}; }

Task<Result<OrgId>> org_of(accounts::Accounts& accounts, const cli::Call& call) {
    const auto user = co_await accounts.find_by_email(call.context, call.value("--email"));
    if (user) {
        const auto standing = co_await accounts.standing(call.context, user->id);
        if (standing) co_return standing->org;
    }
    co_return refuse(ErrorKind::not_found, "accounts.not_found", "Nobody has this address.");
}

Result<UserId> id_in(const cli::Call& call) {
    const auto id = UserId::parse(call.operands.at(0));
    if (id) return *id;
    return refuse(ErrorKind::not_found, "tokens.no_account", "There is no such service account.");
}

void print_account(const cli::Call& call, const ServiceAccount& account) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(account)));
        return;
    }
    const std::string state = account.disabled_at ? "disabled" : "active";
    const std::string role(name_of(account.org_role));
    call.print(
        account.id.str() + "  " + state + "  " + role + "  " + account.name + "  " + account.scopes
    );
}

void print_credential(const cli::Call& call, const Credential& credential) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(credential)));
        return;
    }
    const std::string kind =
        credential.thumbprint.empty() ? "secret" : "key " + credential.thumbprint;
    const std::string until = credential.expires_at ? http::to_json(*credential.expires_at) : "-";
    const std::string used =
        credential.last_used_at ? http::to_json(*credential.last_used_at) : "never";
    call.print(credential.id.str() + "  " + kind + "  until " + until + "  used " + used);
}

/// The one time that a secret is seen.
void print_secret(const cli::Call& call, UserId id, const MadeSecret& made) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(boost::json::object{
            {"id", made.credential.id.str()}, {"client_id", id.str()}, {"client_secret", made.text}
        }));
        return;
    }
    call.print(id.str());
    call.print(made.text);
}

std::unexpected<Error> unknown_role() {
    return refuse(
        ErrorKind::invalid,
        "tokens.role_unknown",
        "--role is member or admin, --platform-role is viewer, operator or admin."
    );
}

Result<NewAccount> wanted_in(const cli::Call& call) {
    NewAccount wanted{
        .name = call.value("--name"), .scopes = keys::apart(call.value("--scopes"), ',')
    };
    const std::string role = call.value("--role", "member");
    if (role != "member" && role != "admin") return unknown_role();
    if (role == "admin") wanted.org_role = OrgRole::admin;
    if (!call.has("--platform-role")) return wanted;
    for (const auto one : {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}) {
        if (name_of(one) == call.value("--platform-role")) wanted.platform_role = one;
    }
    if (!wanted.platform_role) return unknown_role();
    return wanted;
}

Task<Result<>> create(
    ServiceAccounts& services, accounts::Accounts& accounts, const cli::Call& call
) {
    const OrgId org = ACME_TRY(co_await org_of(accounts, call));
    NewAccount wanted = ACME_TRY(wanted_in(call));
    print_account(
        call, ACME_TRY(co_await services.create(call.context, actor(), org, std::move(wanted)))
    );
    co_return done;
}

Task<Result<>> list(
    ServiceAccounts& services, accounts::Accounts& accounts, const cli::Call& call
) {
    const OrgId org = ACME_TRY(co_await org_of(accounts, call));
    std::optional<UserId> before;
    while (true) {
        const auto found = co_await services.list(call.context, org, before, page);
        for (const auto& account : found) print_account(call, account);
        if (std::ssize(found) < page) co_return done;
        before = found.back().id;
    }
}

Task<Result<>> apply(ServiceAccounts& services, const cli::Call& call, AccountChange change) {
    const UserId id = ACME_TRY(id_in(call));
    const auto account = ACME_TRY(co_await services.find(call.context, id));
    const auto changed = ACME_TRY(co_await services.change(
        call.context, actor(), account.org, id, account.version, std::move(change)
    ));
    print_account(call, changed);
    co_return done;
}

Task<Result<>> change(ServiceAccounts& services, const cli::Call& call) {
    AccountChange wanted;
    if (call.has("--name")) wanted.name = call.value("--name");
    if (call.has("--scopes")) wanted.scopes = keys::apart(call.value("--scopes"), ',');
    if (call.has("--role")) {
        const std::string role = call.value("--role");
        if (role != "member" && role != "admin") co_return unknown_role();
        wanted.org_role = role == "admin" ? OrgRole::admin : OrgRole::member;
    }
    co_return co_await apply(services, call, std::move(wanted));
}

Task<Result<>> remove(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const auto account = ACME_TRY(co_await services.find(call.context, id));
    ACME_TRY(co_await services.remove(call.context, actor(), account.org, id));
    if (call.has("--json")) {
        call.print(audit::json_of({{"id", id.str()}, {"state", "removed"}}));
    } else {
        call.print(id.str() + "  removed");
    }
    co_return done;
}

Result<Terms> terms_in(const cli::Call& call) {
    Terms terms;
    if (call.has("--days")) {
        terms.days = parse_number<std::int64_t>(call.value("--days"));
        if (!terms.days || *terms.days < 1 || *terms.days > days_max) {
            return refuse(ErrorKind::invalid, "tokens.days", "--days is 1 to 3650.");
        }
    }
    return terms;
}

Task<Result<>> add_secret(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const auto grace = parse_number<std::int64_t>(call.value("--grace", "86400"));
    if (!grace || *grace < 0 || *grace > std::chrono::seconds(grace_max).count()) {
        co_return refuse(ErrorKind::invalid, "tokens.grace", "--grace is 0 to 604800 seconds.");
    }
    Terms terms = ACME_TRY(terms_in(call));
    terms.grace = std::chrono::seconds(*grace);
    print_secret(
        call, id, ACME_TRY(co_await services.add_secret(call.context, actor(), id, terms))
    );
    co_return done;
}

/// PEM has lines, so it comes by standard input.
std::string key_text_in(const cli::Call& call) {
    if (call.operands.at(1) != "-") return call.operands.at(1);
    std::string text(key_bytes_max, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    return text;
}

Task<Result<>> add_key(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const Terms terms = ACME_TRY(terms_in(call));
    const auto made =
        ACME_TRY(co_await services.add_key(call.context, actor(), id, key_text_in(call), terms));
    print_credential(call, made);
    co_return done;
}

Task<Result<>> list_credentials(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const auto account = ACME_TRY(co_await services.find(call.context, id));
    for (const auto& one : co_await services.credentials(call.context, account.org, id)) {
        print_credential(call, one);
    }
    co_return done;
}

Task<Result<>> end_credential(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const auto account = ACME_TRY(co_await services.find(call.context, id));
    const auto credential = CredentialId::parse(call.operands.at(1));
    if (!credential) {
        co_return refuse(
            ErrorKind::not_found, "tokens.no_credential", "The account has no such secret or key."
        );
    }
    ACME_TRY(co_await services.end_credential(call.context, actor(), account.org, id, *credential));
    if (call.has("--json")) {
        call.print(audit::json_of({{"id", credential->str()}, {"state", "ended"}}));
    } else {
        call.print(credential->str() + "  ended");
    }
    co_return done;
}

constexpr cli::Option days{
    .name = "--days", .value = "N", .about = "how long it lives; without it, with the account"
};

void add_credential_commands(cli::Commands& commands, ServiceAccounts& services) {
    commands.add({
        .name = "service-account secret",
        .operands = {"ID"},
        .options =
            {{.name = "--grace",
              .value = "SECONDS",
              .about = "how long the secrets that it has go on (86400)"},
             days,
             as_json},
        .about = "Makes a secret of a service account and prints its id and it, once.",
        .example = "acme service-account secret usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return add_secret(services, call); },
    });
    commands.add({
        .name = "service-account key",
        .operands = {"ID", "KEY"},
        .options = {days, as_json},
        .about = "Takes the public half of an RSA key of 4096 bits that the account signs with: a "
                 "JWK, or - for a JWK or PEM on standard input.",
        .example = "acme service-account key usr_01jd7m3kt5f9a8q2w4e6r8t0y1 - < public.pem",
        .run = [&](const cli::Call& call) { return add_key(services, call); },
    });
    commands.add({
        .name = "service-account keys",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Lists the secrets and keys of a service account that have not ended.",
        .example = "acme service-account keys usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return list_credentials(services, call); },
    });
    commands.add({
        .name = "service-account end-key",
        .operands = {"ID", "KEY"},
        .options = {as_json},
        .about = "Ends one secret or key of a service account; tokens got with it go on.",
        .example = "acme service-account end-key usr_01jd7m3kt5f9a8q2w4e6r8t0y1 "
                   "cre_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return end_credential(services, call); },
    });
}

void add_change_commands(cli::Commands& commands, ServiceAccounts& services) {
    commands.add({
        .name = "service-account change",
        .operands = {"ID"},
        .options =
            {{.name = "--name", .value = "NAME", .about = "what it is for"},
             {.name = "--scopes", .value = "LIST", .about = "what it may from now on"},
             {.name = "--role", .value = "ROLE", .about = "in the organization: member, admin"},
             as_json},
        .about = "Changes a service account; its tokens follow within a second.",
        .example = "acme service-account change usr_01jd7m3kt5f9a8q2w4e6r8t0y1 --scopes files:read",
        .run = [&](const cli::Call& call) { return change(services, call); },
    });
    commands.add({
        .name = "service-account disable",
        .operands = {"ID"},
        .options = {as_json},
        .about =
            "Ends all tokens of a service account, within a second on every node; it gets none.",
        .example = "acme service-account disable usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return apply(services, call, {.is_disabled = true}); },
    });
    commands.add({
        .name = "service-account enable",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Lets a service account get tokens again; those of before stay ended.",
        .example = "acme service-account enable usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return apply(services, call, {.is_disabled = false}); },
    });
    commands.add({
        .name = "service-account remove",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Removes a service account with its secrets, keys and tokens.",
        .example = "acme service-account remove usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return remove(services, call); },
    });
}

}  // namespace

void add_commands(
    cli::Commands& commands, ServiceAccounts& services, accounts::Accounts& accounts
) {
    commands.add({
        .name = "service-account create",
        .options =
            {{.name = "--email",
              .value = "ADDRESS",
              .about = "in whose organization",
              .is_required = true},
             {.name = "--name", .value = "NAME", .about = "what it is for", .is_required = true},
             {.name = "--scopes",
              .value = "LIST",
              .about = "what it may, files:read,files:write",
              .is_required = true},
             {.name = "--role", .value = "ROLE", .about = "in the organization: member, admin"},
             {.name = "--platform-role", .value = "ROLE", .about = "viewer, operator or admin"},
             as_json},
        .about = "Adds an account for a program. It has no secret yet.",
        .example =
            "acme service-account create --email ada@example.com --name ci --scopes files:read",
        .run = [&](const cli::Call& call) { return create(services, accounts, call); },
    });
    commands.add({
        .name = "service-account list",
        .options =
            {{.name = "--email",
              .value = "ADDRESS",
              .about = "of whose organization",
              .is_required = true},
             as_json},
        .about = "Lists the service accounts of an organization, newest first.",
        .example = "acme service-account list --email ada@example.com",
        .run = [&](const cli::Call& call) { return list(services, accounts, call); },
    });
    add_change_commands(commands, services);
    add_credential_commands(commands, services);
}

}  // namespace acme::tokens
