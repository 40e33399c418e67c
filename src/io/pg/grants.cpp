// Source: PostgreSQL, "GRANT", "ALTER DEFAULT PRIVILEGES", "System Information Functions".
#include "io/pg/grants.hpp"

#include "io/pg/session.hpp"

namespace acme::pg {
namespace {

constexpr std::chrono::milliseconds turn_wait_max{60'000};

constexpr auto read_self = "SELECT current_user || ' ' || current_database()";
constexpr auto read_database = "SELECT current_database()";
constexpr auto could_be_owner = "SELECT pg_has_role($1::name, current_user, 'MEMBER')";

// $1 is the role; $2 and $3 are the exceptions. What it names is quoted by the server.
constexpr auto write_statements = R"sql(
    WITH made AS (
        SELECT oid::regclass AS name, relkind = 'S' AS is_sequence,
               relname = ANY ($2::text[]) AS is_append_only, relname = ANY ($3::text[]) AS is_read_only
        FROM pg_class
        WHERE relowner = current_user::regrole AND relnamespace = current_schema()::regnamespace
          AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    ), statements (statement) AS (
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1::text)
        WHERE NOT has_schema_privilege($1::text, current_schema(), 'USAGE')
        UNION ALL
        SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s TO %I', current_schema(), rights, $1::text)
        FROM (VALUES ('SELECT, INSERT, UPDATE, DELETE ON TABLES'), ('USAGE, SELECT ON SEQUENCES'),
                     ('EXECUTE ON FUNCTIONS')) of (rights)
        UNION ALL
        SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', name, $1::text)
        FROM made WHERE is_sequence
        UNION ALL
        SELECT format('REVOKE %s UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %s FROM %I',
                      CASE WHEN is_read_only THEN 'INSERT,' END, name, $1::text)
        FROM made WHERE is_append_only OR is_read_only
        UNION ALL
        SELECT format('GRANT %s ON %s TO %I', CASE
                          WHEN is_read_only THEN 'SELECT'
                          WHEN is_append_only THEN 'SELECT, INSERT'
                          ELSE 'SELECT, INSERT, UPDATE, DELETE'
                      END, name, $1::text)
        FROM made WHERE NOT is_sequence
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %s TO %I', oid::regprocedure, $1::text)
        FROM pg_proc
        WHERE proowner = current_user::regrole AND pronamespace = current_schema()::regnamespace
    )
    SELECT coalesce(string_agg(statement, ';'), '') FROM statements
)sql";

/// Names of tables need no quotes: they are ours.
std::string array_of(const std::vector<std::string>& names) {
    std::string text = "{";
    for (const std::string& name : names) text += (text.size() > 1 ? "," : "") + name;
    return text + "}";
}

}  // namespace

std::string grant_rights(const Secret& owner, const Secret& program, const Exceptions& exceptions) {
    Session theirs(program);
    const std::string role = theirs.value("role", "SELECT current_user");
    Session session(owner);
    if (session.value("role", read_self) == theirs.value("role", read_self)) return "";
    if (session.value("role", read_database) != theirs.value("role", read_database)) {
        throw Fault("the tables' owner and the program are not connected to the same database");
    }
    if (session.value("role", could_be_owner, {role}) == "t") {
        throw Fault(
            "the role " + role +
            " of the program is an administrator, or a member of the role that owns the tables: it "
            "could change whatever it is not granted"
        );
    }
    take_turn(session, turn_wait_max);
    const std::string statements = session.value(
        "grants",
        write_statements,
        {role, array_of(exceptions.append_only), array_of(exceptions.read_only)}
    );
    session.run("grants", "BEGIN;" + statements + ";COMMIT");
    return role;
}

}  // namespace acme::pg
