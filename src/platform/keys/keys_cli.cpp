#include "platform/keys/keys_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/keys_json.hpp"
#include "platform/keys/scopes.hpp"

#include <boost/json/serialize.hpp>

namespace acme::keys {
namespace {

constexpr int page = 200;
constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};

audit::Actor actor() { return {.name = "cli"}; }

Task<Result<accounts::Standing>> owner_of(accounts::Accounts& accounts, const cli::Call& call) {
    const auto user = co_await accounts.find_by_email(call.context, call.value("--email"));
    if (user) {
        const auto standing = co_await accounts.standing(call.context, user->id);
        if (standing) co_return *standing;
    }
    co_return refuse(ErrorKind::not_found, "accounts.not_found", "Nobody has this address.");
}

Result<KeyId> key_in(const cli::Call& call) {
    const auto id = KeyId::parse(call.operands.at(0));
    if (id) return *id;
    return refuse(ErrorKind::not_found, "keys.not_found", "There is no such key.");
}

void print_key(const cli::Call& call, const Key& key) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(key)));
        return;
    }
    const std::string used = key.last_used_at ? http::to_json(*key.last_used_at) : "never";
    call.print(
        key.id.str() + "  " + std::string(key_prefix) + key.short_name + "  until " +
        http::to_json(key.expires_at) + "  used " + used + "  " + key.name + "  " + key.scopes
    );
}

/// The one time that the key is seen.
void print_made(const cli::Call& call, const Made& made) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(made)));
        return;
    }
    call.print(made.key.id.str());
    call.print(made.text);
}

Task<Result<>> create(Keys& keys, accounts::Accounts& accounts, const cli::Call& call) {
    const auto owner = ACME_TRY(co_await owner_of(accounts, call));
    NewKey wanted{.name = call.value("--name"), .scopes = apart(call.value("--scopes"), ',')};
    wanted.days = parse_number<std::int64_t>(call.value("--days", "90")).value_or(0);
    const auto made = ACME_TRY(
        co_await keys.create(call.context, actor(), owner.user, owner.org, std::move(wanted))
    );
    print_made(call, made);
    co_return done;
}

Task<Result<>> list(Keys& keys, accounts::Accounts& accounts, const cli::Call& call) {
    const auto owner = ACME_TRY(co_await owner_of(accounts, call));
    std::optional<KeyId> before;
    while (true) {
        const auto found = co_await keys.list(call.context, owner.user, owner.org, before, page);
        for (const Key& key : found) print_key(call, key);
        if (std::ssize(found) < page) co_return done;
        before = found.back().id;
    }
}

Task<Result<>> revoke(Keys& keys, const cli::Call& call) {
    const KeyId id = ACME_TRY(key_in(call));
    const Key key = ACME_TRY(co_await keys.find_any(call.context, id));
    ACME_TRY(co_await keys.revoke(call.context, actor(), key.user, key.org, id));
    if (call.has("--json")) {
        call.print(audit::json_of({{"id", id.str()}, {"state", "revoked"}}));
    } else {
        call.print(id.str() + "  revoked");
    }
    co_return done;
}

Task<Result<>> rotate(Keys& keys, const cli::Call& call) {
    const KeyId id = ACME_TRY(key_in(call));
    const auto grace = parse_number<std::int64_t>(call.value("--grace", "86400"));
    if (!grace || *grace < 0 || *grace > std::chrono::seconds(grace_max).count()) {
        co_return refuse(ErrorKind::invalid, "keys.grace", "--grace is 0 to 604800 seconds.");
    }
    const Key key = ACME_TRY(co_await keys.find_any(call.context, id));
    const Made made = ACME_TRY(co_await keys.rotate(
        call.context, actor(), key.user, key.org, id, std::chrono::seconds(*grace)
    ));
    print_made(call, made);
    co_return done;
}

Task<Result<>> set_limit(Keys& keys, const cli::Call& call) {
    const KeyId id = ACME_TRY(key_in(call));
    std::optional<std::int64_t> limit;
    if (call.operands.at(1) != "none") {
        limit = parse_number<std::int64_t>(call.operands.at(1));
        if (!limit || *limit < 1 || *limit > 1'000'000) {
            co_return refuse(ErrorKind::invalid, "keys.limit", "A limit is 1 to 1000000, or none.");
        }
    }
    const Key key = ACME_TRY(co_await keys.find_any(call.context, id));
    print_key(
        call, ACME_TRY(co_await keys.set_limit(call.context, actor(), id, key.version, limit))
    );
    co_return done;
}

void add_changes(cli::Commands& commands, Keys& keys) {
    commands.add({
        .name = "keys rotate",
        .operands = {"ID"},
        .options =
            {{.name = "--grace", .value = "SECONDS", .about = "how long this one goes on (86400)"},
             as_json},
        .about = "Makes a successor of an API key and prints its id and it, once.",
        .example = "acme keys rotate key_01jd7m3kt5f9a8q2w4e6r8t0y1 --grace 3600",
        .run = [&](const cli::Call& call) { return rotate(keys, call); },
    });
    commands.add({
        .name = "keys revoke",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Ends an API key, within a second on every node.",
        .example = "acme keys revoke key_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [&](const cli::Call& call) { return revoke(keys, call); },
    });
    commands.add({
        .name = "keys limit",
        .operands = {"ID", "LIMIT"},
        .options = {as_json},
        .about = "Gives an API key a quota of its own, requests a minute; `none`: its user's.",
        .example = "acme keys limit key_01jd7m3kt5f9a8q2w4e6r8t0y1 6000",
        .run = [&](const cli::Call& call) { return set_limit(keys, call); },
    });
}

}  // namespace

void add_commands(cli::Commands& commands, Keys& keys, accounts::Accounts& accounts) {
    commands.add({
        .name = "keys create",
        .options =
            {{.name = "--email", .value = "ADDRESS", .about = "whose it is", .is_required = true},
             {.name = "--name", .value = "NAME", .about = "what it is for", .is_required = true},
             {.name = "--scopes",
              .value = "LIST",
              .about = "what it may, files:read,files:write",
              .is_required = true},
             {.name = "--days", .value = "N", .about = "how long it lives, 365 at most (90)"},
             as_json},
        .about = "Makes an API key and prints its id and it, once.",
        .example = "acme keys create --email ada@example.com --name backup --scopes files:read",
        .run = [&](const cli::Call& call) { return create(keys, accounts, call); },
    });
    commands.add({
        .name = "keys list",
        .options =
            {{.name = "--email", .value = "ADDRESS", .about = "whose", .is_required = true}, as_json
            },
        .about = "Lists the API keys of a user, newest first.",
        .example = "acme keys list --email ada@example.com",
        .run = [&](const cli::Call& call) { return list(keys, accounts, call); },
    });
    add_changes(commands, keys);
}

}  // namespace acme::keys
