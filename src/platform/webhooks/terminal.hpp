#pragma once

/// What the commands of this room have in common. Private to platform/webhooks.

#include "io/cli/commands.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/webhooks/rules.hpp"
#include "platform/webhooks/webhooks_cli.hpp"
#include "platform/webhooks/webhooks_json.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::webhooks {

inline constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
inline constexpr cli::Option by_email{
    .name = "--email",
    .value = "ADDRESS",
    .about = "of a user, in whose organization",
    .is_required = true,
};

inline audit::Actor actor() { return {.name = "cli"}; }

/// Of --email. Errors: accounts.not_found.
inline Task<Result<OrgId>> org_of(Terminal room, const cli::Call& call) {
    const auto user = co_await room.accounts.find_by_email(call.context, call.value("--email"));
    if (user) {
        const auto standing = co_await room.accounts.standing(call.context, user->id);
        if (standing) co_return standing->org;
    }
    co_return refuse(ErrorKind::not_found, "accounts.not_found", "Nobody has this address.");
}

/// Of --types.
inline std::vector<std::string> types_in(const cli::Call& call) {
    std::string list = call.value("--types", all_types);
    std::ranges::replace(list, ',', ' ');
    auto types = apart(list);
    std::erase(types, "");
    return types;
}

/// The one time that the secret is seen.
inline void print_made(const cli::Call& call, const Made& made) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(made)));
        return;
    }
    call.print(made.webhook.id.str());
    call.print(std::string(made.secret.reveal()));
}

}  // namespace acme::webhooks
