#include "work/queues/acting.hpp"

#include "work/jobs/dead.hpp"
#include "work/jobs/programs.hpp"

#include <algorithm>

namespace acme::queues {
namespace {

constexpr pg::Query match_live{"queues.match_live", R"sql(
    WITH moment AS (SELECT coalesce($9::timestamptz, now()) AS now),
    live AS (
        SELECT id, queue_id, kind, key, user_id, error_type, error, CASE
            WHEN lease > 0 THEN 'running'
            WHEN parked_due_at <= now THEN 'parked'
            WHEN coalesce(parked_due_at, due_at) <= now THEN 'waiting'
            WHEN attempt > 0 THEN 'retrying'
            ELSE 'scheduled' END AS state
        FROM jobs, moment
        WHERE org_id = $1 AND refusal IS NULL AND ($8::bigint[] IS NULL OR id = ANY($8))
    )
    SELECT id FROM live
    WHERE ($2::text IS NULL
           OR queue_id = (SELECT q.id FROM job_queues AS q WHERE q.org_id = $1 AND q.name = $2))
      AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR key = $4)
      AND ($5::text IS NULL OR user_id = $5) AND ($6::text IS NULL OR error_type = $6)
      AND ($7::text IS NULL OR starts_with(error, $7)) AND state = ANY($10::text[])
    ORDER BY id LIMIT $11::int
)sql"};

constexpr pg::Query match_dead{"queues.match_dead", R"sql(
    SELECT id FROM jobs_dead
    WHERE org_id = $1
      AND ($2::text IS NULL
           OR queue_id = (SELECT q.id FROM job_queues AS q WHERE q.org_id = $1 AND q.name = $2))
      AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR key = $4)
      AND ($5::text IS NULL OR user_id = $5) AND ($6::text IS NULL OR error_type = $6)
      AND ($7::text IS NULL OR starts_with(error, $7))
      AND ($8::bigint[] IS NULL OR id = ANY($8)) AND ($9::text IS NULL OR outcome = $9)
    ORDER BY id LIMIT $10::int
)sql"};

constexpr pg::Query list_waiting{"queues.list_waiting", R"sql(
    SELECT id FROM jobs
    WHERE org_id = $1 AND queue_id = $2::int AND coalesce(lease, 0) = 0 AND refusal IS NULL
    ORDER BY id LIMIT $3::int
)sql"};

constexpr pg::Query ask_to_end{"queues.ask_to_end", R"sql(
    UPDATE jobs SET cancel_asked_at = coalesce(cancel_asked_at, $3::timestamptz, now())
    WHERE org_id = $1 AND id = ANY($2::bigint[]) AND lease > 0 RETURNING id
)sql"};

constexpr pg::Query tell_workers{"queues.tell_workers", R"sql(
    SELECT true FROM pg_notify('acme_jobs', 'cancel')
)sql"};

constexpr pg::Query wake_workers{"queues.wake_workers", R"sql(
    SELECT true FROM pg_notify('acme_jobs', 'wake')
)sql"};

constexpr pg::Query end_waiting{"queues.end_waiting", R"sql(
    WITH gone AS (
        DELETE FROM jobs WHERE org_id = $1 AND id = ANY($2::bigint[]) AND coalesce(lease, 0) = 0
            AND refusal IS NULL
        RETURNING *
    ),
    kept AS (
        INSERT INTO job_ends (id, org_id, queue_id, kind, outcome, attempt, priority, created_at,
            due_at, ended_at, error_type, error, args, key, user_id, traceparent, request_id)
        SELECT gone.id, gone.org_id, queue_id, kind, 'cancelled', attempt, priority, gone.created_at,
            coalesce(parked_due_at, due_at), coalesce($3::timestamptz, now()), error_type, error, args,
            key, user_id, traceparent, request_id
        FROM gone JOIN job_queues AS queue ON queue.org_id = $1 AND queue.id = queue_id
        WHERE queue.keep_done_s > 0
    ),
    progress AS (
        DELETE FROM job_progress WHERE org_id = $1 AND job_id = ANY(ARRAY(SELECT id FROM gone))
    )
    SELECT queue_id::bigint, coalesce(key, '') FROM gone
)sql"};

// What waits for its key stays where it is, and is let go by job_keys_settle.
constexpr pg::Query bring_forward{"queues.bring_forward", R"sql(
    UPDATE jobs SET
        due_at = CASE WHEN parked_due_at IS NULL THEN coalesce($3::timestamptz, now()) ELSE due_at END,
        parked_due_at = CASE WHEN parked_due_at IS NULL THEN NULL
                             ELSE coalesce($3::timestamptz, now()) END
    WHERE org_id = $1 AND id = ANY($2::bigint[]) AND coalesce(lease, 0) = 0 AND refusal IS NULL
      AND coalesce(parked_due_at, due_at) > coalesce($3::timestamptz, now())
    RETURNING queue_id::bigint, coalesce(key, '')
)sql"};

// One with a key gives its place among those of the key away.
constexpr pg::Query put_off{"queues.put_off", R"sql(
    UPDATE jobs SET
        due_at = CASE WHEN key IS NULL
            THEN coalesce($3::timestamptz, coalesce($5::timestamptz, now()) + $4::bigint * interval '1 ms')
            ELSE 'infinity' END,
        parked_due_at = CASE WHEN key IS NOT NULL
            THEN coalesce($3::timestamptz, coalesce($5::timestamptz, now()) + $4::bigint * interval '1 ms')
            END
    WHERE org_id = $1 AND id = $2 AND coalesce(lease, 0) = 0 AND refusal IS NULL
    RETURNING queue_id::bigint, coalesce(key, '')
)sql"};

constexpr pg::Query settle_keys{"queues.settle_keys", R"sql(
    SELECT job_keys_settle($1::bigint[]::int[], $2::text[], $3::timestamptz)::bigint
)sql"};

constexpr pg::Query forget_dead{"queues.forget_dead", R"sql(
    DELETE FROM jobs_dead WHERE org_id = $1 AND id = ANY($2::bigint[]) RETURNING id
)sql"};

std::vector<std::string> live_states(Action action, const std::optional<std::string>& asked) {
    std::vector<std::string> states;
    for (const std::string_view state : queues::states) {
        if (has_ended(state) || !allows(state, action)) continue;
        if (!asked || *asked == state) states.emplace_back(state);
    }
    return states;
}

/// Lets those of a key go that its jobs, now gone or due later, were in the way of.
Task<> settle(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, pg::Rows changed
) {
    std::vector<std::int64_t> queues;
    std::vector<std::string> keys;
    for (int i = 0; i < changed.size(); ++i) {
        pg::Row row = changed[i];
        const std::int64_t queue = row.integer();
        std::string key = row.text();
        if (key.empty()) continue;
        queues.push_back(queue);
        keys.push_back(std::move(key));
    }
    if (keys.empty()) co_return;
    co_await transaction.run(context, settle_keys, queues, keys, pg::sql_now(clock));
}

/// Whoever takes the owner's jobs: something may be due.
Task<> wake(pg::Transaction& transaction, trace::Context context, Owner owner) {
    if (owner.empty()) {
        co_await transaction.run(context, wake_workers);
    } else {
        co_await jobs::tell_programs(transaction, context, owner);
    }
}

Task<int> cancel(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::int64_t> ids
) {
    const auto now = pg::sql_now(clock);
    const auto gone = co_await transaction.run(context, end_waiting, owner, ids, now);
    co_await settle(transaction, context, clock, gone);
    const auto asked = co_await transaction.run(context, ask_to_end, owner, ids, now);
    if (!asked.empty()) co_await transaction.run(context, tell_workers);
    co_return gone.size() + asked.size();
}

Task<int> promote(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::int64_t> ids
) {
    const auto due =
        co_await transaction.run(context, bring_forward, owner, ids, pg::sql_now(clock));
    co_await settle(transaction, context, clock, due);
    co_await wake(transaction, context, owner);
    co_return due.size();
}

}  // namespace

std::string_view name_of(Action action) {
    switch (action) {
        case Action::cancel: return "cancel";
        case Action::retry: return "retry";
        case Action::promote: return "promote";
        case Action::discard: return "discard";
    }
    return "retry";
}

std::optional<Action> action_of(std::string_view text) {
    for (const Action action : {Action::cancel, Action::retry, Action::promote, Action::discard}) {
        if (name_of(action) == text) return action;
    }
    return std::nullopt;
}

bool allows(std::string_view state, Action action) {
    switch (action) {
        case Action::cancel: return !has_ended(state);
        case Action::promote: return state == "scheduled" || state == "retrying";
        case Action::retry: return state == "dead" || state == "discarded";
        case Action::discard: return state == "dead" || state == "discarded";
    }
    return false;
}

Task<std::vector<std::int64_t>> matching(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Filter filter,
    Action action,
    int limit
) {
    const bool is_of_dead = action == Action::retry || action == Action::discard;
    std::vector<std::int64_t> ids;
    if (is_of_dead && filter.state && !allows(*filter.state, action)) co_return ids;
    const auto rows = is_of_dead ? co_await transaction.run(
                                       context,
                                       match_dead,
                                       owner,
                                       filter.queue,
                                       filter.kind,
                                       filter.key,
                                       filter.user,
                                       filter.error_type,
                                       filter.error,
                                       filter.ids,
                                       filter.state,
                                       limit + 1
                                   )
                                 : co_await transaction.run(
                                       context,
                                       match_live,
                                       owner,
                                       filter.queue,
                                       filter.kind,
                                       filter.key,
                                       filter.user,
                                       filter.error_type,
                                       filter.error,
                                       filter.ids,
                                       pg::sql_now(clock),
                                       live_states(action, filter.state),
                                       limit + 1
                                   );
    for (int i = 0; i < rows.size(); ++i) ids.push_back(rows[i].integer());
    co_return ids;
}

Task<std::vector<std::int64_t>> waiting_in(
    pg::Transaction& transaction, trace::Context context, Owner owner, std::int64_t queue, int limit
) {
    const auto rows = co_await transaction.run(context, list_waiting, owner, queue, limit + 1);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < rows.size(); ++i) ids.push_back(rows[i].integer());
    co_return ids;
}

Task<int> act(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::int64_t> ids,
    Action action
) {
    switch (action) {
        case Action::cancel: co_return co_await cancel(transaction, context, clock, owner, ids);
        case Action::promote: co_return co_await promote(transaction, context, clock, owner, ids);
        case Action::retry: {
            const int redriven = co_await jobs::redrive(transaction, context, clock, owner, ids);
            if (!owner.empty()) co_await jobs::tell_programs(transaction, context, owner);
            co_return redriven;
        }
        case Action::discard: {
            const auto gone = co_await transaction.run(context, forget_dead, owner, ids);
            co_return gone.size();
        }
    }
    co_return 0;
}

Task<Result<>> reschedule(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    JobId id,
    std::optional<WallTime> due_at,
    std::chrono::milliseconds delay_by
) {
    const auto changed = co_await transaction.run(
        context, put_off, owner, id.number, due_at, delay_by.count(), pg::sql_now(clock)
    );
    if (changed.empty()) {
        co_return refuse(
            ErrorKind::conflict, "queues.state", "The job runs or has ended: it is due no more."
        );
    }
    co_await settle(transaction, context, clock, changed);
    co_await wake(transaction, context, owner);
    co_return done;
}

}  // namespace acme::queues
