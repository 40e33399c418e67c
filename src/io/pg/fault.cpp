// Source: PostgreSQL, appendix A, "PostgreSQL Error Codes".
#include "io/pg/fault.hpp"

#include <libpq-fe.h>

namespace acme::pg {
namespace {

std::string field_of(const PGresult* result, int field) {
    const char* const text = PQresultErrorField(result, field);
    return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

bool passes_by_itself(std::string_view sqlstate) {
    return sqlstate.starts_with("08") ||   // connection exception
           sqlstate.starts_with("57P") ||  // shut down, crashed, starting, dropped
           sqlstate == "53300" ||          // too many connections
           sqlstate == "25006";            // read only: a primary that has become a replica
}

void throw_fault(const std::string& what, const pg_result* result) {
    const std::string state = field_of(result, PG_DIAG_SQLSTATE);
    std::string why = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
    // "invalid input syntax for type uuid: ...": what stands behind the colon was typed by a user.
    if (state.starts_with("22")) why = why.substr(0, why.find(": "));
    if (why.empty()) why = PQresultErrorMessage(result);
    const std::string message = what + ": " + why;
    const std::string constraint = field_of(result, PG_DIAG_CONSTRAINT_NAME);
    if (passes_by_itself(state)) throw Unreachable(message, state, constraint);
    if (state == sqlstate::query_canceled) throw TooSlow(message, state, constraint);
    throw Fault(message, state, constraint);
}

void throw_fault(const std::string& what, const pg_conn* conn) {
    std::string why = PQerrorMessage(conn);
    while (!why.empty() && why.back() == '\n') why.pop_back();
    throw Unreachable(what + ": " + why);
}

}  // namespace acme::pg
