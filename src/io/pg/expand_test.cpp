// What a migration may do, and what it may not.
#include "io/pg/expand.hpp"

#include <gtest/gtest.h>

namespace acme::pg {
namespace {

class Refused : public testing::TestWithParam<const char*> {};
class Allowed : public testing::TestWithParam<const char*> {};

TEST_P(Refused, ByTheParser) { EXPECT_EQ(read_script(GetParam()).objections.size(), 1); }

TEST_P(Allowed, ByTheParser) {
    const Script script = read_script(GetParam());
    for (const Objection& objection : script.objections) ADD_FAILURE() << objection.reason;
    EXPECT_FALSE(script.statements.empty());
}

constexpr const char* refused[] = {
    "DROP TABLE t",
    "DROP INDEX i",
    "DROP INDEX CONCURRENTLY i",
    "DROP VIEW v",
    "DROP FUNCTION f(int)",
    "TRUNCATE t",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER INDEX i RENAME TO j",
    "ALTER TABLE t DROP COLUMN a",
    "ALTER TABLE t DROP CONSTRAINT c",
    "ALTER TABLE t ALTER COLUMN a TYPE int",
    "ALTER TABLE t ALTER COLUMN a TYPE text",
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
    "ALTER TABLE t ADD COLUMN a int NOT NULL",
    "ALTER TABLE t ADD COLUMN a serial",
    "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED",
    "ALTER TABLE t ADD COLUMN a int UNIQUE",
    "ALTER TABLE t ADD COLUMN a int REFERENCES u (id)",
    "ALTER TABLE t ADD COLUMN a int CHECK (a > 0)",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
    "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id)",
    "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)",
    "ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY USING INDEX i",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE t SET SCHEMA s",
    "CREATE INDEX i ON t (a)",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a); SELECT 1",
    "CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX i ON t (a)",
    "CREATE TABLE s.t (a int); CREATE INDEX i ON t (a)",
    "ALTER TYPE e RENAME VALUE 'a' TO 'b'",
    "ALTER TYPE c ADD ATTRIBUTE a int",
    "REVOKE SELECT ON t FROM r",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "DO $$ BEGIN DROP TABLE t; END $$",
    "BEGIN",
    "VACUUM t",
    "SELEC 1",
};

constexpr const char* allowed[] = {
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int NOT NULL UNIQUE)",
    "CREATE TABLE t (a int); CREATE UNIQUE INDEX ON t (a); ALTER TABLE t ALTER a SET NOT NULL",
    "CREATE TABLE t (a int); UPDATE t SET a = 1; ALTER TABLE t RENAME COLUMN a TO b",
    "CREATE TABLE t (a int REFERENCES u (id))",
    "ALTER TABLE t ADD COLUMN a int",
    "ALTER TABLE t ADD COLUMN a int NULL",
    "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0",
    "ALTER TABLE t ADD COLUMN a timestamptz NOT NULL DEFAULT now(), ADD COLUMN b text DEFAULT ''",
    "ALTER TABLE t ADD COLUMN a jsonb NOT NULL DEFAULT '{}'::jsonb",
    "ALTER TABLE t ADD COLUMN a int[] NOT NULL DEFAULT ARRAY[1, 2]",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id) NOT VALID",
    "ALTER TABLE t VALIDATE CONSTRAINT c",
    "ALTER TABLE t ALTER COLUMN a DROP NOT NULL, ALTER COLUMN b SET DEFAULT 1",
    "ALTER TABLE t SET (fillfactor = 85)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
    "CREATE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW v AS SELECT 1",
    "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "GRANT SELECT ON t TO r",
    "COMMENT ON TABLE t IS 'x'",
    "INSERT INTO t VALUES (1)",
};

INSTANTIATE_TEST_SUITE_P(Statements, Refused, testing::ValuesIn(refused));
INSTANTIATE_TEST_SUITE_P(Statements, Allowed, testing::ValuesIn(allowed));

TEST(Script, HasItsStatementsWithoutTheCommentsBeforeThem) {
    const Script script = read_script("-- Why.\nCREATE TABLE t (a int);\n\n-- How.\nSELECT 1;\n");
    EXPECT_EQ(script.statements, (std::vector<std::string>{"CREATE TABLE t (a int)", "SELECT 1"}));
    EXPECT_EQ(script.index, "");
}

TEST(Script, NamesTheIndexThatItBuildsConcurrently) {
    EXPECT_EQ(read_script("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)").index, "i");
}

}  // namespace
}  // namespace acme::pg
