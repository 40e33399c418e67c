#pragma once

namespace acme::accounts {
class Accounts;
}

namespace acme::cli {
class Commands;
}

namespace acme::schedules {

class Schedules;

/// `acme schedule list|show|preview|set|trigger|pause|resume|backfill|delete`. All outlive
/// `commands`.
void add_commands(cli::Commands& commands, Schedules& schedules, accounts::Accounts& accounts);

}  // namespace acme::schedules
