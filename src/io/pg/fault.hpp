#pragma once

/// What libpq says about a failure, as one of our exceptions. Inside this room only.

#include "io/pg/query.hpp"

struct pg_conn;
struct pg_result;

namespace acme::pg {

/// `what` is the statement's name or what was attempted. Neither values nor the server's DETAIL
/// appear in it, for both carry what users typed.
[[noreturn]] void throw_fault(const std::string& what, const pg_result* result);
[[noreturn]] void throw_fault(const std::string& what, const pg_conn* conn);

/// Whether it is the server's state that is at fault, not the statement.
bool passes_by_itself(std::string_view sqlstate);

}  // namespace acme::pg
