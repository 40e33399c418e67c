#include "work/queues/queues.hpp"

#include <algorithm>

namespace acme::queues {
namespace {

constexpr pg::Query list_queues{"queues.list", R"sql(
    SELECT id::bigint, name, paused_at, paused_by, pause_reason, running_max::bigint,
           rate_per_s::float8, rate_burst::bigint, attempts_max::bigint, timeout_ms::bigint,
           keep_done_s::bigint, keep_dead_s::bigint, depth_alert::bigint, version::bigint, created_at
    FROM job_queues WHERE org_id = $1 AND ($2::text IS NULL OR name = $2) ORDER BY name
)sql"};

constexpr pg::Query lock_queue{"queues.lock", R"sql(
    SELECT id::bigint, name, paused_at, paused_by, pause_reason, running_max::bigint,
           rate_per_s::float8, rate_burst::bigint, attempts_max::bigint, timeout_ms::bigint,
           keep_done_s::bigint, keep_dead_s::bigint, depth_alert::bigint, version::bigint, created_at
    FROM job_queues WHERE org_id = $1 AND name = $2 FOR NO KEY UPDATE
)sql"};

// In the order of names, so that two who make the same do not wait for each other.
constexpr pg::Query make_queues{"queues.make", R"sql(
    INSERT INTO job_queues (org_id, name, created_at)
    SELECT $1, name, coalesce($3::timestamptz, now()) FROM unnest($2::text[]) AS name ORDER BY name
    ON CONFLICT (org_id, name) DO NOTHING
)sql"};

constexpr pg::Query count_named{"queues.count_named", R"sql(
    SELECT count(*) FROM job_queues WHERE org_id = $1 AND name = ANY($2::text[])
)sql"};

constexpr pg::Query count_queues{"queues.count", R"sql(
    SELECT count(*) FROM job_queues WHERE org_id = $1
)sql"};

constexpr pg::Query change_queue{"queues.change", R"sql(
    UPDATE job_queues SET running_max = $3::int, rate_per_s = $4::real, rate_burst = $5::int,
        attempts_max = $6::int, timeout_ms = $7::int, keep_done_s = $8::int, keep_dead_s = $9::int,
        depth_alert = $10::int, version = version + 1
    WHERE org_id = $1 AND id = $2::int
    RETURNING id::bigint, name, paused_at, paused_by, pause_reason, running_max::bigint,
        rate_per_s::float8, rate_burst::bigint, attempts_max::bigint, timeout_ms::bigint,
        keep_done_s::bigint, keep_dead_s::bigint, depth_alert::bigint, version::bigint, created_at
)sql"};

// Paused twice, it stays paused since the first time, for the newest reason.
constexpr pg::Query pause_queue{"queues.pause", R"sql(
    UPDATE job_queues SET paused_at = coalesce(paused_at, $3::timestamptz, now()), paused_by = $4,
        pause_reason = $5, version = version + 1
    WHERE org_id = $1 AND id = $2::int
    RETURNING id::bigint, name, paused_at, paused_by, pause_reason, running_max::bigint,
        rate_per_s::float8, rate_burst::bigint, attempts_max::bigint, timeout_ms::bigint,
        keep_done_s::bigint, keep_dead_s::bigint, depth_alert::bigint, version::bigint, created_at
)sql"};

constexpr pg::Query resume_queue{"queues.resume", R"sql(
    UPDATE job_queues SET paused_at = NULL, paused_by = NULL, pause_reason = NULL,
        version = version + 1
    WHERE org_id = $1 AND id = $2::int
    RETURNING id::bigint, name, paused_at, paused_by, pause_reason, running_max::bigint,
        rate_per_s::float8, rate_burst::bigint, attempts_max::bigint, timeout_ms::bigint,
        keep_done_s::bigint, keep_dead_s::bigint, depth_alert::bigint, version::bigint, created_at
)sql"};

// Each count has an end of its own: a million rows are not counted. What ended is read from the
// newest on, so that an hour of a busy queue costs as much as one of a quiet one.
constexpr pg::Query read_figures{"queues.figures", R"sql(
    WITH moment AS (SELECT coalesce($3::timestamptz, now()) AS now),
    recent AS MATERIALIZED (
        SELECT extract(epoch FROM started_at - due_at) * 1000 AS wait_ms,
               extract(epoch FROM ended_at - started_at) * 1000 AS run_ms, ended_at, outcome
        FROM job_ends, moment
        WHERE org_id = $1 AND queue_id = $2::int AND ended_at > now - interval '1 hour'
        ORDER BY ended_at DESC LIMIT 10000
    ),
    spread AS (
        SELECT percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY greatest(wait_ms, 0))
                   FILTER (WHERE wait_ms IS NOT NULL) AS wait,
               percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY greatest(run_ms, 0))
                   FILTER (WHERE run_ms IS NOT NULL) AS run,
               count(*) FILTER (WHERE outcome = 'done' AND ended_at > now - interval '1 minute') AS done
        FROM recent, moment
    )
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM jobs WHERE org_id = $1 AND queue_id = $2::int
                AND priority = ANY('{0,1,2,3,4,5,6,7,8,9}') AND due_at <= now
                AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0 LIMIT 20001) AS due)
        + (SELECT count(*) FROM (
            SELECT FROM jobs WHERE org_id = $1 AND queue_id = $2::int AND due_at <= now
                AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues > 0 LIMIT 1000) AS rescued),
        coalesce((SELECT (extract(epoch FROM now - min(first.due_at)) * 1000)::bigint
            FROM generate_series(0, 9) AS level, LATERAL (
                SELECT due_at FROM jobs WHERE org_id = $1 AND queue_id = $2::int
                    AND priority = level AND due_at <= now
                    AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0
                ORDER BY due_at LIMIT 1) AS first), 0),
        (SELECT count(*) FROM (
            SELECT FROM jobs WHERE org_id = $1 AND queue_id = $2::int
                AND coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0
                AND coalesce(parked_due_at, due_at) > now LIMIT 20001) AS later),
        (SELECT count(*) FROM (
            SELECT FROM jobs WHERE org_id = $1 AND queue_id = $2::int AND parked_due_at <= now
            LIMIT 20001) AS parked),
        (SELECT count(*) FROM (
            SELECT FROM jobs WHERE org_id = $1 AND queue_id = $2::int AND lease > 0
            LIMIT 20001) AS running),
        (SELECT count(*) FROM (
            SELECT FROM jobs_dead WHERE org_id = $1 AND queue_id = $2::int LIMIT 20001) AS dead),
        done::float8,
        (SELECT count(*) FROM (
            SELECT FROM jobs_dead WHERE org_id = $1 AND queue_id = $2::int
                AND ended_at > now - interval '1 minute' LIMIT 20001) AS died)::float8,
        wait[1]::bigint, wait[2]::bigint, wait[3]::bigint, run[1]::bigint, run[2]::bigint,
        run[3]::bigint
    FROM spread, moment
)sql"};

Queue queue_in(pg::Row row) {
    // A braced list is read from left to right, as the row is.
    Queue queue{
        .id = row.integer(),
        .name = row.text(),
        .paused_at = row.time_or_null(),
        .paused_by = row.text_or_null().value_or(""),
        .pause_reason = row.text_or_null().value_or(""),
        .running_max = row.integer_or_null(),
    };
    if (row.is_null()) {
        row.skip();
    } else {
        queue.rate_per_s = row.number();
    }
    queue.rate_burst = row.integer_or_null();
    queue.attempts_max = row.integer();
    queue.timeout_ms = row.integer();
    queue.keep_done_s = row.integer();
    queue.keep_dead_s = row.integer();
    queue.depth_alert = row.integer();
    queue.version = row.integer();
    queue.created_at = row.time();
    return queue;
}

Spread spread_in(pg::Row& row) {
    return {
        .p50 = row.integer_or_null(),
        .p95 = row.integer_or_null(),
        .p99 = row.integer_or_null(),
    };
}

Task<Figures> figures_of(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, std::int64_t queue
) {
    const auto rows = co_await db.run(context, read_figures, owner, queue, pg::sql_now(clock));
    pg::Row row = rows[0];
    co_return Figures{
        .waiting = row.integer(),
        .oldest_ms = row.integer(),
        .scheduled = row.integer(),
        .parked = row.integer(),
        .running = row.integer(),
        .dead = row.integer(),
        .done_per_minute = row.number(),
        .dead_per_minute = row.number(),
        .wait = spread_in(row),
        .run = spread_in(row),
    };
}

template <class Number>
std::optional<std::string> number_text(std::optional<Number> number) {
    if (!number) return std::nullopt;
    return std::to_string(*number);
}

}  // namespace

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto fits = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    };
    return !text.empty() && text.size() <= name_bytes_max && is_letter(text.front()) &&
           std::ranges::all_of(text, fits);
}

std::unexpected<Error> no_such_queue() {
    return refuse(ErrorKind::not_found, "queues.not_found", "There is no such queue.");
}

Task<std::vector<QueueState>> list(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner
) {
    const auto rows = co_await db.run(context, list_queues, owner, std::nullopt);
    std::vector<QueueState> states;
    for (int i = 0; i < rows.size(); ++i) {
        const Queue queue = queue_in(rows[i]);
        states.push_back({queue, co_await figures_of(db, context, clock, owner, queue.id)});
    }
    co_return states;
}

Task<Result<QueueState>> show(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, std::string name
) {
    if (!is_name(name)) co_return no_such_queue();
    const auto rows = co_await db.run(context, list_queues, owner, name);
    if (rows.empty()) co_return no_such_queue();
    const Queue queue = queue_in(rows[0]);
    co_return QueueState{queue, co_await figures_of(db, context, clock, owner, queue.id)};
}

Task<Result<Queue>> lock(
    pg::Transaction& transaction, trace::Context context, Owner owner, std::string name
) {
    if (!is_name(name)) co_return no_such_queue();
    const auto rows = co_await transaction.run(context, lock_queue, owner, name);
    if (rows.empty()) co_return no_such_queue();
    co_return queue_in(rows[0]);
}

Task<Result<>> make_missing(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::string> names
) {
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    const auto found = co_await transaction.run(context, count_named, owner, names);
    if (found[0].integer() == std::ssize(names)) co_return done;
    co_await transaction.run(context, make_queues, owner, names, pg::sql_now(clock));
    const auto all = co_await transaction.run(context, count_queues, owner);
    if (all[0].integer() <= queues_max) co_return done;
    co_return refuse(
        ErrorKind::conflict, "queues.too_many", "An organization has 100 queues at most."
    );
}

Task<Queue> change(
    pg::Transaction& transaction,
    trace::Context context,
    Owner owner,
    Queue queue,
    Settings settings
) {
    const auto rows = co_await transaction.run(
        context,
        change_queue,
        owner,
        queue.id,
        number_text(settings.running_max.value_or(queue.running_max)),
        number_text(settings.rate_per_s.value_or(queue.rate_per_s)),
        number_text(settings.rate_burst.value_or(queue.rate_burst)),
        settings.attempts_max.value_or(queue.attempts_max),
        settings.timeout_ms.value_or(queue.timeout_ms),
        settings.keep_done_s.value_or(queue.keep_done_s),
        settings.keep_dead_s.value_or(queue.keep_dead_s),
        settings.depth_alert.value_or(queue.depth_alert)
    );
    co_return queue_in(rows[0]);
}

Task<Queue> pause(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Queue queue,
    std::string by,
    std::string reason
) {
    const auto rows = co_await transaction.run(
        context, pause_queue, owner, queue.id, pg::sql_now(clock), by, reason
    );
    co_return queue_in(rows[0]);
}

Task<Queue> resume(pg::Transaction& transaction, trace::Context context, Owner owner, Queue queue) {
    const auto rows = co_await transaction.run(context, resume_queue, owner, queue.id);
    co_return queue_in(rows[0]);
}

}  // namespace acme::queues
