#pragma once

#include "platform/uploads/direct.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::uploads {

/// uploads.check; why twice is safe: Directs::check(). `directs` outlives the registry.
void add_direct_jobs(jobs::Registry& jobs, Directs& directs);

/// Private to the room.
Task<> enqueue_check(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, OrgId org, UploadId id
);

}  // namespace acme::uploads
