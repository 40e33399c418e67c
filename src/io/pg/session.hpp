#pragma once

/// A session that blocks: for migrations, which are a step of a deploy. Inside this room only.

#include "base/secret.hpp"
#include "io/pg/query.hpp"

#include <memory>

struct pg_conn;
struct pg_result;

namespace acme::pg {

class Session {
public:
    /// Throws Unreachable, ServerTooOld.
    explicit Session(const Secret& conninfo);

    /// One statement, or several without parameters. Values come back as text. Throws Fault;
    /// `what` is its beginning.
    std::shared_ptr<const pg_result> run(
        const std::string& what, const std::string& sql, const std::vector<std::string>& params = {}
    );

    /// The first column of the first row; "" for none.
    std::string value(
        const std::string& what, const std::string& sql, const std::vector<std::string>& params = {}
    );

private:
    std::shared_ptr<pg_conn> conn_;
};

/// One at a time of those that change the schema, until the session ends. Throws Fault, with
/// lock_not_available, when another one is not done in time.
void take_turn(Session& session, std::chrono::milliseconds wait_max);

}  // namespace acme::pg
