#pragma once

namespace acme {
struct Telemetry;
}

namespace acme::cli {
class Commands;
}

namespace acme::fetch {
class Client;
}

namespace acme::tokens {

/// `acme service-account token`, for programs elsewhere: it needs no configuration. Both outlive
/// the commands.
void add_client_commands(cli::Commands& commands, fetch::Client& fetch, Telemetry& telemetry);

}  // namespace acme::tokens
