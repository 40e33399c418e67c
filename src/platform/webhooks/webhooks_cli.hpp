#pragma once

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

/// What the commands take. All outlive `commands`.
struct Terminal {
    pg::Database& db;
    Webhooks& webhooks;
    Deliveries& deliveries;
    accounts::Accounts& accounts;
};

/// `acme webhooks list|create|test|deliveries|redeliver|rotate|rm`.
void add_commands(cli::Commands& commands, Terminal room);

}  // namespace acme::webhooks
