#pragma once

#include "platform/uploads/uploads.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::uploads {

/// uploads.clean and uploads.sweep; why twice is safe: Uploads::clean(), Uploads::sweep().
/// `uploads` outlives the registry.
void add_jobs(jobs::Registry& jobs, Uploads& uploads);

/// The sweep, every hour.
void add_schedule(schedule::Schedule& schedule);

/// Private to the room.
Task<> enqueue_clean(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, UploadId id
);

}  // namespace acme::uploads
