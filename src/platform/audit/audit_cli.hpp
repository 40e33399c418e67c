#pragma once

namespace acme::pg {
class Database;
}

namespace acme::cli {
class Commands;
}

namespace acme::audit {

/// acme audit verify, export
void add_commands(cli::Commands& commands, pg::Database& db);

}  // namespace acme::audit
