#pragma once

#include "platform/files/files.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::files {

/// files.remove_object and files.sweep; why twice is safe: Files::remove_object(), Files::sweep().
/// `files` and `clock` outlive the registry.
void add_jobs(jobs::Registry& jobs, Files& files, const Clock& clock);

/// The sweep, every hour.
void add_schedule(schedule::Schedule& schedule);

/// Private to the room.
Task<> enqueue_remove_object(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, FileId id
);

}  // namespace acme::files
