#pragma once

#include "io/cli/credential.hpp"
#include "io/fetch/fetch.hpp"

namespace acme::queues {

/// What the commands work with. `fetch` outlives them.
struct RemoteParts {
    fetch::Client& fetch;
    cli::Profile profile = {};
};

/// `acme jobs …`, over HTTP with a key: they need no configuration.
void add_commands(cli::Commands& commands, RemoteParts parts);

}  // namespace acme::queues
