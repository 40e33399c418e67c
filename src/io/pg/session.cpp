#include "io/pg/session.hpp"

#include "io/pg/connection.hpp"
#include "io/pg/fault.hpp"

#include <libpq-fe.h>

#include <thread>

namespace acme::pg {
namespace {

constexpr std::chrono::milliseconds turn_pause{200};

}  // namespace

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

/// It asks and sleeps rather than waits in the server: a session that waits there holds a snapshot,
/// and an index that is built concurrently waits for that.
void take_turn(Session& session, std::chrono::milliseconds wait_max) {
    // The number is any constant that nothing else uses. Held until the session ends.
    constexpr auto ask = "SELECT pg_try_advisory_lock(7001)";
    for (std::chrono::milliseconds waited{0}; session.value("lock", ask) != "t";
         waited += turn_pause) {
        if (waited >= wait_max) {
            throw Fault("another migration is running", sqlstate::lock_not_available, "");
        }
        std::this_thread::sleep_for(turn_pause);
    }
}

}  // namespace acme::pg
