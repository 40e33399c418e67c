// What the role of the nodes may do, on a real PostgreSQL.
#include "io/pg/grants.hpp"

#include "app/lists.hpp"
#include "io/pg/query.hpp"
#include "testing/postgres.hpp"

#include <gtest/gtest.h>

namespace acme::pg {
namespace {

const Exceptions exceptions{
    .append_only = {"audit_entries", "audit_seals", "not_there"}, .read_only = {"migrations"}
};

Secret as_role(const Secret& conninfo, const std::string& role) {
    std::string text(conninfo.reveal());
    text.replace(text.find("user=acme"), 9, "user=" + role);
    return Secret(text);
}

struct GrantsBench {
    explicit GrantsBench(const std::string& role) : program(as_role(owner, role)) {
        sql.execute("CREATE ROLE " + role + " LOGIN");
    }

    Secret owner = testing::fresh_database();
    testing::Sql sql{owner};
    Secret program;
};

void expect_refused(testing::Sql& sql, const std::string& statement) {
    try {
        sql.execute(statement);
        ADD_FAILURE() << statement;
    } catch (const Fault& fault) {
        EXPECT_NE(std::string(fault.what()).find("permission denied"), std::string::npos)
            << fault.what();
    }
}

TEST(Grants, TheProgramDoesItsWorkAndNeitherChangesNorRemovesWhatIsOnlyAdded) {
    GrantsBench bench("app_works");
    EXPECT_EQ(grant_rights(bench.owner, bench.program, exceptions), "app_works");
    EXPECT_EQ(grant_rights(bench.owner, bench.program, exceptions), "app_works");
    bench.sql.execute("CREATE TABLE later (id bigserial, n int)");
    testing::Sql own(bench.program);

    own.execute(
        "INSERT INTO audit_entries (actor, action, target, before, after, request_id, ip) "
        "VALUES ('a', 'b', 'c', '', '', '', '')"
    );
    own.execute("INSERT INTO audit_unsealed SELECT id FROM audit_entries");
    own.execute("DELETE FROM audit_unsealed");
    own.execute("INSERT INTO later (n) VALUES (1)");
    own.execute("UPDATE later SET n = 2");
    own.execute("DELETE FROM later");
    EXPECT_EQ(own.value("SELECT count(*) > 0 FROM migrations"), "t");
    EXPECT_EQ(own.value("SELECT audit_retire(NULL, 10)"), "0");
    for (const char* statement :
         {"UPDATE audit_entries SET actor = 'x'",
          "DELETE FROM audit_entries",
          "TRUNCATE audit_entries CASCADE",
          "DELETE FROM audit_seals",
          "UPDATE audit_seals SET hash = ''",
          "DELETE FROM migrations",
          "INSERT INTO migrations VALUES ('x', 'x')",
          "CREATE TABLE mine (n int)"}) {
        expect_refused(own, statement);
    }
    EXPECT_THROW(own.execute("ALTER TABLE audit_entries DISABLE TRIGGER ALL"), Fault);
}

TEST(Grants, WhatWasGrantedByHandIsTakenBack) {
    GrantsBench bench("app_by_hand");
    bench.sql.execute("GRANT ALL ON audit_entries, migrations TO app_by_hand");

    grant_rights(bench.owner, bench.program, exceptions);

    testing::Sql own(bench.program);
    expect_refused(own, "DELETE FROM audit_entries");
    expect_refused(own, "UPDATE migrations SET sha256 = ''");
}

TEST(Grants, OneRoleAloneIsGrantedNothing) {
    const Secret owner = testing::fresh_database();
    EXPECT_EQ(grant_rights(owner, owner, exceptions), "");
}

TEST(Grants, ARoleThatCouldBeTheOwnerOrIsElsewhereIsRefused) {
    GrantsBench bench("app_member");
    bench.sql.execute("GRANT acme TO app_member");
    EXPECT_THROW(grant_rights(bench.owner, bench.program, exceptions), Fault);
    bench.sql.execute("REVOKE acme FROM app_member");
    EXPECT_THROW(grant_rights(testing::fresh_database(), bench.program, exceptions), Fault);
    EXPECT_EQ(grant_rights(bench.owner, bench.program, exceptions), "app_member");
}

}  // namespace
}  // namespace acme::pg
