#include "platform/tokens/tokens_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/service_accounts.hpp"
#include "platform/tokens/signing_keys.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace acme::tokens {
namespace {

constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
constexpr std::int64_t grace_seconds_max = 7 * 86'400;

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

boost::json::object to_json(const ServiceAccount& account) {
    boost::json::object json{
        {"id", account.id.str()},
        {"org", account.org.str()},
        {"name", account.name},
        {"org_role", name_of(account.org_role)},
        {"platform_role", nullptr},
        {"scope", account.scopes},
        {"created_at", http::to_json(account.created_at)},
    };
    if (account.platform_role) json["platform_role"] = name_of(*account.platform_role);
    return json;
}

void print_account(const cli::Call& call, const ServiceAccount& account) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(account)));
    } else {
        call.print(account.id.str() + "  " + account.name + "  " + account.scopes);
    }
}

/// The one time that a secret is seen.
void print_secret(const cli::Call& call, UserId id, const std::string& secret) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(
            boost::json::object{{"client_id", id.str()}, {"client_secret", secret}}
        ));
        return;
    }
    call.print(id.str());
    call.print(secret);
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
    auto made = co_await services.create(call.context, actor(), org, std::move(wanted));
    if (!made) {
        for (const FieldError& field : made.error().fields) {
            call.print("--" + field.pointer.substr(1) + ": " + field.detail);
        }
        co_return std::unexpected(std::move(made).error());
    }
    print_account(call, *made);
    co_return done;
}

Task<Result<>> list(
    ServiceAccounts& services, accounts::Accounts& accounts, const cli::Call& call
) {
    const OrgId org = ACME_TRY(co_await org_of(accounts, call));
    for (const auto& account : co_await services.list(call.context, org)) {
        print_account(call, account);
    }
    co_return done;
}

Task<Result<>> add_secret(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    const auto grace = parse_number<std::int64_t>(call.value("--grace", "86400"));
    if (!grace || *grace < 0 || *grace > grace_seconds_max) {
        co_return refuse(ErrorKind::invalid, "tokens.grace", "--grace is 0 to 604800 seconds.");
    }
    const std::string secret = ACME_TRY(
        co_await services.add_secret(call.context, actor(), id, std::chrono::seconds(*grace))
    );
    print_secret(call, id, secret);
    co_return done;
}

Task<Result<>> add_key(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    ACME_TRY(co_await services.add_key(call.context, actor(), id, call.operands.at(1)));
    co_return done;
}

Task<Result<>> disable(ServiceAccounts& services, const cli::Call& call) {
    const UserId id = ACME_TRY(id_in(call));
    ACME_TRY(co_await services.disable(call.context, actor(), id));
    co_return done;
}

Task<Result<>> list_keys(SigningKeys& keys, const cli::Call& call) {
    for (const SigningKey& key : co_await keys.list(call.context)) {
        const std::string state(name_of(key.state));
        const std::string active_at = http::to_json(key.active_at);
        if (call.has("--json")) {
            call.print(audit::json_of({{"id", key.id}, {"state", state}, {"active_at", active_at}})
            );
        } else {
            call.print(key.id + "  " + state + "  active at " + active_at);
        }
    }
    co_return done;
}

Task<Result<>> rotate(SigningKeys& keys, const cli::Call& call) {
    ACME_TRY(co_await keys.rotate(call.context, actor(), call.has("--now")));
    co_return co_await list_keys(keys, call);
}

void add_credential_commands(cli::Commands& commands, ServiceAccounts& services) {
    commands.add({
        .name = "service-account secret",
        .operands = {"ID"},
        .options =
            {{.name = "--grace",
              .value = "SECONDS",
              .about = "how long the secrets that it has go on (86400)"},
             as_json},
        .about = "Makes a secret of a service account and prints its id and it, once.",
        .example = "acme service-account secret usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return add_secret(services, call); },
    });
    commands.add({
        .name = "service-account key",
        .operands = {"ID", "JWK"},
        .about = "Takes the public half of an RSA key of 4096 bits that the account signs with.",
        .example = "acme service-account key usr_01jd7m3kt5f9a8q2w4e6r8t0y1 '{\"kty\":\"RSA\",…}'",
        .run = [&](const cli::Call& call) { return add_key(services, call); },
    });
    commands.add({
        .name = "service-account disable",
        .operands = {"ID"},
        .about = "Ends a service account and all its tokens, within a second on every node.",
        .example = "acme service-account disable usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return disable(services, call); },
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
    add_credential_commands(commands, services);
}

void add_key_commands(cli::Commands& commands, SigningKeys& keys) {
    commands.add({
        .name = "keys signing",
        .options = {as_json},
        .about = "Lists the keys that sign tokens: next, active and retiring.",
        .example = "acme keys signing",
        .run = [&](const cli::Call& call) { return list_keys(keys, call); },
    });
    commands.add({
        .name = "keys rotate-signing",
        .options =
            {{.name = "--now", .about = "drop the present keys at once, and with them every token"},
             as_json},
        .about = "Makes the next key that signs tokens, which is published a day before it signs.",
        .example = "acme keys rotate-signing",
        .run = [&](const cli::Call& call) { return rotate(keys, call); },
    });
}

}  // namespace acme::tokens
