#pragma once

/// Dead letters: jobs that were given up, and their way back.

#include "io/pg/database.hpp"

namespace acme::jobs {

/// Makes dead letters of an organization ("": of the platform) due again, as if they had never
/// been tried; ids that are none are passed over. Those with a key wait for it as ever. Returns
/// how many came back.
Task<int> redrive(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string org_id,
    std::vector<std::int64_t> ids
);

}  // namespace acme::jobs
