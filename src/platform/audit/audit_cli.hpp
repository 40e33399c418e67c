#pragma once

namespace acme {
class Clock;
}

namespace acme::objects {
class Store;
}

namespace acme::pg {
class Database;
}

namespace acme::cli {
class Commands;
}

namespace acme::audit {

/// acme audit verify, export
void add_commands(
    cli::Commands& commands, pg::Database& db, objects::Store& store, const Clock& clock
);

}  // namespace acme::audit
