#pragma once

/// Which changes of the schema a release that still runs can live with (ROLL-4).
///
/// A migration runs before the new release does, and stays when that is rolled back; so it may only
/// add. Statements are read by PostgreSQL's own parser. What is not known to be safe is refused:
/// an unknown statement is one that nobody has thought about.

#include <string>
#include <string_view>
#include <vector>

namespace acme::pg {

/// One thing that is wrong with one statement.
struct Objection {
    std::string statement;  // its text, at most 200 bytes
    std::string reason;     // a sentence that says what to do instead
};

struct Script {
    std::vector<std::string> statements;
    std::string index;  // the one that it builds concurrently, so not in a transaction; or ""
    std::vector<Objection> objections;
};

/// Reads a migration. A table that it makes itself is nobody's yet, and may be changed freely. SQL
/// that does not parse is an objection too.
Script read_script(std::string_view sql);

}  // namespace acme::pg
