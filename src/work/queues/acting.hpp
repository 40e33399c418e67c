#pragma once

/// What people do to jobs. Each function acts on jobs that it is given by their ids, of one owner,
/// and tells how many it found in a state that allows it.

#include "work/queues/finding.hpp"

namespace acme::queues {

inline constexpr int bulk_max = 10'000;  // by one call

enum class Action : std::uint8_t {
    cancel,   // what waits ends now; what runs is asked to
    retry,    // what is dead becomes due, with as many attempts as a new one
    promote,  // what is due later is due now
    discard,  // what is dead is forgotten
};
std::string_view name_of(Action action);
std::optional<Action> action_of(std::string_view text);

/// Whether jobs of this state can be acted upon so.
bool allows(std::string_view state, Action action);

/// Those of `filter` that `action` can act upon, the oldest first, at most `limit` and one more.
Task<std::vector<std::int64_t>> matching(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Filter filter,
    Action action,
    int limit
);

/// Those of a queue that nobody runs, whenever they are due; the oldest first, at most `limit` and
/// one more.
Task<std::vector<std::int64_t>> waiting_in(
    pg::Transaction& transaction, trace::Context context, Owner owner, std::int64_t queue, int limit
);

/// How many it changed. What has changed its state since it was looked for is passed by.
Task<int> act(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::int64_t> ids,
    Action action
);

/// Due at another time; behind others of its key it stays until its turn comes. Errors:
/// queues.no_job; queues.state (conflict) for one that runs or has ended.
Task<Result<>> reschedule(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    JobId id,
    std::optional<WallTime> due_at,
    std::chrono::milliseconds delay_by
);

}  // namespace acme::queues
