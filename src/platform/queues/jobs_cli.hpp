#pragma once

#include "base/secret.hpp"
#include "io/cli/commands.hpp"
#include "io/fetch/fetch.hpp"

#include <functional>
#include <optional>
#include <string>

namespace acme::queues {

/// A key, and the platform that it is for.
struct Credential {
    std::string url;
    Secret key;
};

/// What the commands work with. `fetch` outlives them.
struct RemoteParts {
    fetch::Client& fetch;
    std::string url = "";  // where the platform is when nobody says otherwise; "" for nowhere
    std::function<std::optional<Credential>()> login = {};  // who is signed in at this terminal
};

/// `acme jobs …`, over HTTP with a key: they need no configuration.
void add_commands(cli::Commands& commands, RemoteParts parts);

}  // namespace acme::queues
