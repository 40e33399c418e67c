#pragma once

#include "io/cli/credential.hpp"
#include "io/fetch/fetch.hpp"

namespace acme::files {

/// What the commands work with. `fetch` outlives them.
struct RemoteParts {
    fetch::Client& fetch;
    cli::Profile profile = {};
};

/// `acme files up|down|link|rm`, over HTTP with a key: they need no configuration.
void add_remote_commands(cli::Commands& commands, RemoteParts parts);

}  // namespace acme::files
