#pragma once

namespace acme {
struct Telemetry;
}

namespace acme::accounts {
class Accounts;
}

namespace acme::cli {
class Commands;
}

namespace acme::pg {
class Database;
}

namespace acme::webhooks {

class Webhooks;
class Deliveries;
class Lanes;

/// What the commands take. All outlive `commands`.
struct Terminal {
    pg::Database& db;
    Webhooks& webhooks;
    Deliveries& deliveries;
    accounts::Accounts& accounts;
    Lanes& lanes;
    Telemetry& telemetry;
};

/// `acme webhooks list|create|listen|test|deliveries|redeliver|rotate|rm`.
void add_commands(cli::Commands& commands, Terminal room);

/// `acme webhooks listen`.
void add_listening(cli::Commands& commands, Terminal room);

}  // namespace acme::webhooks
