#pragma once

/// What a record of the journal means for the tables.

#include "operate/deploy/journal.hpp"

namespace acme::deploy {

/// As the API shows it.
boost::json::object to_json(const Record& record);

/// The record and what follows from it, in one transaction. A record that is there already, and one
/// of a kind that this release does not know, changes nothing more. Throws pg::Fault.
Task<> apply(trace::Context context, pg::Database& db, const Record& record);

/// The number of the last record of a deployment that is there; 0 when there is none.
Task<std::int64_t> last_applied(trace::Context context, pg::Database& db, DeploymentId deployment);

/// As the table has it; "" when it is not there. Throws pg::Fault.
Task<std::string> find_state(trace::Context context, pg::Database& db, DeploymentId deployment);

/// All of its records that are there, but of the samples only the last. Throws pg::Fault.
Task<std::vector<Record>> find_told(
    trace::Context context, pg::Database& db, DeploymentId deployment
);

}  // namespace acme::deploy
