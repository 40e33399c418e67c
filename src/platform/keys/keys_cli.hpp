#pragma once

namespace acme::accounts {
class Accounts;
}

namespace acme::cli {
class Commands;
}

namespace acme::keys {

class Keys;

/// `acme keys create`, `list`, `rotate`, `revoke`, `limit`. Both outlive the commands.
void add_commands(cli::Commands& commands, Keys& keys, accounts::Accounts& accounts);

}  // namespace acme::keys
