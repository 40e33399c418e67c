#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "platform/tokens/signing_keys.hpp"
#include "platform/tokens/tokens_cli.hpp"

namespace acme::tokens {
namespace {

constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};

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
    ACME_TRY(co_await keys.rotate(call.context, {.name = "cli"}, call.has("--now")));
    co_return co_await list_keys(keys, call);
}

}  // namespace

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
