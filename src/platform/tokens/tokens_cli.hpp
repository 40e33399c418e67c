#pragma once

namespace acme::accounts {
class Accounts;
}

namespace acme::cli {
class Commands;
}

namespace acme::tokens {

class ServiceAccounts;
class SigningKeys;

/// `acme service-account create`, `list`, `change`, `disable`, `enable`, `remove`, `secret`, `key`,
/// `keys`, `end-key`. All outlive the commands.
void add_commands(cli::Commands& commands, ServiceAccounts& services, accounts::Accounts& accounts);

/// `acme keys signing`, `keys rotate-signing`.
void add_key_commands(cli::Commands& commands, SigningKeys& keys);

}  // namespace acme::tokens
