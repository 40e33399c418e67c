#include "io/pg/session.hpp"

#include "io/pg/connection.hpp"
#include "io/pg/fault.hpp"

#include <libpq-fe.h>

namespace acme::pg {

Session::Session(const Secret& conninfo) {
    // What stands before "dbname" is for a string that does not say; 10 s, for nobody waits.
    const char* const keys[] = {"connect_timeout", "fallback_application_name", "dbname", nullptr};
    const char* const values[] = {"10", "acme migrate", conninfo.c_str(), nullptr};
    conn_.reset(PQconnectdbParams(keys, values, 1), PQfinish);
    if (PQstatus(conn_.get()) != CONNECTION_OK) throw_fault("connect", conn_.get());
    expect_server_version(PQserverVersion(conn_.get()));
    run("settings", "SET client_min_messages = warning; SET timezone = 'UTC'");
}

std::shared_ptr<const pg_result> Session::run(
    const std::string& what, const std::string& sql, const std::vector<std::string>& params
) {
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const std::string& param : params) values.push_back(param.c_str());
    const int count = static_cast<int>(values.size());
    PGconn* const conn = conn_.get();
    std::shared_ptr<PGresult> result(
        count == 0
            ? PQexec(conn, sql.c_str())
            : PQexecParams(conn, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0),
        PQclear
    );
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        return result;
    }
    if (PQstatus(conn) != CONNECTION_OK) throw_fault(what, conn);
    throw_fault(what, result.get());
}

std::string Session::value(
    const std::string& what, const std::string& sql, const std::vector<std::string>& params
) {
    const auto rows = run(what, sql, params);
    return PQntuples(rows.get()) == 0 ? "" : PQgetvalue(rows.get(), 0, 0);
}

}  // namespace acme::pg
