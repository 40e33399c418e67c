#pragma once

#include <string>

namespace acme::cli {
class Commands;
}

namespace acme::accounts {

class Accounts;
class Links;

/// acme admin link; acme accounts create, list, role, disable, enable. `admin_email` is the address
/// of the first administrator, who is made if there is none.
void add_commands(
    cli::Commands& commands, Accounts& accounts, Links& links, std::string admin_email
);

}  // namespace acme::accounts
