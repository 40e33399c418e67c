#!/usr/bin/env python3
"""Makes a room that compiles and passes its test. Usage: tools/new_room.py platform/notes

What is left to do is printed: the room's line in CMakeLists.txt, and its lines in src/app/.
"""

import datetime
import pathlib
import re
import sys

LAYERS = ["io", "work", "platform", "operate"]

README = """# {title}

Why it exists: one sentence.

Belongs here: what this room alone decides, and the tables it owns.
Does not belong here: what another room owns; it is asked through its header or by a job.
"""

HEADER = """#pragma once

/// {title}: one sentence that says what this room owns, and what it is not.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/pg/database.hpp"

namespace acme::{name} {{

/// Every function throws pg::Fault when the database is out of reach.
class {title} {{
public:
    explicit {title}(pg::Database& db) : db_(db) {{}}

    /// How many there are.
    Task<std::int64_t> count(trace::Context context);

private:
    pg::Database& db_;
}};

}}  // namespace acme::{name}
"""

SOURCE = """#include "{path}/{name}.hpp"

namespace acme::{name} {{
namespace {{

constexpr pg::Query count_all{{"{name}.count", "SELECT count(*) FROM {name}"}};

}}  // namespace

Task<std::int64_t> {title}::count(trace::Context context) {{
    const auto rows = co_await db_.run(context, count_all);
    co_return rows[0].integer();
}}

}}  // namespace acme::{name}
"""

TEST = """// The room through its class, on a real PostgreSQL.
#include "{path}/{name}.hpp"

#include "testing/bench.hpp"

namespace acme::{name} {{
namespace {{

TEST({title}, IsEmptyAtFirst) {{
    testing::Bench bench;
    {title} room(bench.db);
    EXPECT_EQ(bench.wait(room.count(bench.context)), 0);
}}

}}  // namespace
}}  // namespace acme::{name}
"""

SQL = """-- Read src/{path}/{name}.hpp first.
CREATE TABLE {name} (
    id         uuid        PRIMARY KEY,
    org_id     uuid        NOT NULL,
    created_at timestamptz NOT NULL
);
"""


def main():
    path = sys.argv[1] if len(sys.argv) == 2 else ""
    found = re.fullmatch(r"(\w+)/([a-z][a-z0-9_]*)", path)
    if not found or found.group(1) not in LAYERS:
        sys.exit(f"usage: tools/new_room.py LAYER/name, where LAYER is one of {' '.join(LAYERS)}")
    root = pathlib.Path(__file__).resolve().parent.parent
    room, name = root / "src" / path, found.group(2)
    if room.exists():
        sys.exit(f"src/{path} is there already")
    words = {"path": path, "name": name, "title": name.title().replace("_", "")}
    minute = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d%H%M")
    for file, text in [("README.md", README), (f"{name}.hpp", HEADER), (f"{name}.cpp", SOURCE),
                       (f"{name}_test.cpp", TEST), (f"sql/{minute}_{name}.sql", SQL)]:
        (room / file).parent.mkdir(parents=True, exist_ok=True)
        (room / file).write_text(text.format(**words))
    print(f"src/{path} is made. Now:\n"
          f"  CMakeLists.txt    acme_room({path} DEPS base io/telemetry io/loop io/pg), before app,\n"
          f"                    and {path} among the DEPS of app\n"
          f"  src/app/platform.hpp, routes.cpp, jobs.cpp, commands.cpp, as far as it has those faces")


if __name__ == "__main__":
    main()
