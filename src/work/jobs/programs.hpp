#pragma once

/// News for programs outside that wait for jobs (work/pull): that something may be due in a queue,
/// or that they are to do something else. News, not truth: who waits looks by himself as well.

#include "io/pg/database.hpp"

#include <string>
#include <vector>

namespace acme::jobs {

/// What is said on it is the number of a queue.
inline constexpr const char* programs_channel = "acme_pull";

/// Tells those who fetch from these queues of an organization, once `transaction` commits; from all
/// of its queues when none is named. Says nothing of a queue that nobody fetches from: a commit
/// that notifies waits for all others that do.
Task<> tell_programs(
    pg::Transaction& transaction,
    trace::Context context,
    std::string org,
    std::vector<std::string> queues = {}
);

}  // namespace acme::jobs
