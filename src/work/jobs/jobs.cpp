#include "work/jobs/jobs.hpp"

#include "base/hash.hpp"
#include "io/telemetry/messaging.hpp"
#include "work/jobs/wakes.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::jobs {
namespace {

// The server's clock at this moment, not at the transaction's begin: a job that is due before those
// that workers have seen is found by their next full scan only.
constexpr pg::Query insert_job{"jobs.enqueue", R"sql(
    WITH job AS (
        INSERT INTO jobs (
            queue, queue_id, kind, args, args_version, priority, due_at, attempts_max, timeout_ms,
            user_id, traceparent, request_id
        )
        SELECT $1,
            coalesce(
                (SELECT id FROM job_queues WHERE org_id = '' AND name = $1), job_queue_id('', $1)
            ),
            $2, $3, $4::int, $5::int,
            coalesce(
                $6::timestamptz,
                coalesce($7::timestamptz, clock_timestamp()) + $8::bigint * interval '1 ms'
            ),
            $9::int, $10::int, $11, $12, $13
        RETURNING id
    )
    SELECT id, CASE WHEN $14::boolean THEN pg_notify('acme_jobs', 'wake') END FROM job
)sql"};

constexpr pg::Query insert_with_rights{"jobs.enqueue_with_rights", R"sql(
    SELECT job_id, is_duplicate, CASE WHEN $17::boolean THEN pg_notify('acme_jobs', 'wake') END
    FROM job_enqueue(
        '', $1, $2, $3, $5::int,
        coalesce(
            $6::timestamptz,
            CASE WHEN $8::bigint > 0
            THEN coalesce($7::timestamptz, clock_timestamp()) + $8::bigint * interval '1 ms' END
        ),
        $7::timestamptz, $9::int, $10::int, $14, $15::int, $16::bytea, $18::bigint, $11, $4::int,
        $12, $13
    )
)sql"};

constexpr pg::Query insert_jobs{"jobs.enqueue_all", R"sql(
    WITH job AS (
        INSERT INTO jobs (
            queue, queue_id, kind, args, args_version, priority, due_at, attempts_max, timeout_ms,
            user_id, traceparent, request_id
        )
        SELECT $1,
            coalesce(
                (SELECT id FROM job_queues WHERE org_id = '' AND name = $1), job_queue_id('', $1)
            ),
            $2, args, $4::int, $5::int,
            coalesce(
                $6::timestamptz,
                coalesce($7::timestamptz, statement_timestamp()) + $8::bigint * interval '1 ms'
            ),
            $9::int, $10::int, $11, $12, $13
        FROM unnest($3::text[]) AS args
    )
    SELECT pg_notify('acme_jobs', 'wake') WHERE $14::boolean
)sql"};

std::optional<std::string> or_null(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return std::string(text);
}

std::optional<std::string> text_of(const std::optional<int>& number) {
    if (!number) return std::nullopt;
    return std::to_string(*number);
}

std::optional<std::string> text_of(const std::optional<std::chrono::milliseconds>& time) {
    if (!time) return std::nullopt;
    return std::to_string(time->count());
}

void expect_size(std::string_view kind, const std::string& args) {
    if (args.size() <= args_bytes_max) return;
    throw std::length_error("the job " + std::string(kind) + " is larger than 64 KiB");
}

bool is_due_at_once(const EnqueueOptions& options) {
    return options.delay_by.count() <= 0 && !options.run_at;
}

Task<Enqueued> add_with_rights(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::string args,
    EnqueueOptions options
) {
    std::optional<pg::Param> unique;
    if (options.unique) {
        const std::string bytes = unique_bytes(*options.unique, kind, options.queue);
        unique = pg::to_param(std::as_bytes(std::span(bytes)));
    }
    const auto rows = co_await transaction.run(
        context,
        insert_with_rights,
        options.queue,
        kind,
        args,
        options.args_version,
        options.priority,
        options.run_at,
        pg::sql_now(clock),
        options.delay_by.count(),
        text_of(options.attempts),
        text_of(options.time_max),
        or_null(options.user_id),
        context.traceparent(),
        context.trace->request_id,
        or_null(options.key),
        options.key_max,
        unique ? *unique : std::nullopt,
        is_due_at_once(options) && may_wake(clock),
        options.unique ? text_of(options.unique->time) : std::nullopt
    );
    pg::Row row = rows[0];
    co_return Enqueued{.id = row.integer(), .is_duplicate = row.boolean()};
}

}  // namespace

void Registry::add(std::string_view kind, Work work, KindOptions options) {
    if (!kinds_.emplace(kind, Kind{std::move(work), {}, options}).second) {
        throw std::logic_error("two rooms do " + std::string(kind));
    }
}

void Registry::handle(std::string_view kind, Handler handler, KindOptions options) {
    if (!kinds_.emplace(kind, Kind{{}, std::move(handler), options}).second) {
        throw std::logic_error("two rooms do " + std::string(kind));
    }
}

const Work* Registry::find(std::string_view kind) const {
    const auto found = kinds_.find(kind);
    return found == kinds_.end() || !found->second.work ? nullptr : &found->second.work;
}

Task<Enqueued> add(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::string args,
    EnqueueOptions options
) {
    expect_size(kind, args);
    trace::Span span(context, "job.enqueue", trace::producer);
    span.set(trace::message_destination, options.queue);
    if (options.unique || !options.key.empty()) {
        const Enqueued added = co_await add_with_rights(
            transaction, span.context(), clock, kind, std::move(args), options
        );
        span.set(trace::message_id, std::to_string(added.id));
        co_return added;
    }
    const auto rows = co_await transaction.run(
        span.context(),
        insert_job,
        options.queue,
        kind,
        args,
        options.args_version,
        options.priority,
        options.run_at,
        pg::sql_now(clock),
        options.delay_by.count(),
        text_of(options.attempts),
        text_of(options.time_max),
        or_null(options.user_id),
        span.context().traceparent(),
        context.trace->request_id,
        is_due_at_once(options) && may_wake(clock)
    );
    const std::int64_t id = rows[0].integer();
    span.set(trace::message_id, std::to_string(id));
    co_return Enqueued{.id = id};
}

Task<> enqueue(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::string args,
    EnqueueOptions options
) {
    co_await add(transaction, context, clock, kind, std::move(args), std::move(options));
}

Task<> add_all(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::vector<std::string> args,
    EnqueueOptions options
) {
    if (options.unique || !options.key.empty() || args.size() > bulk_max) {
        throw std::logic_error("jobs::add_all: a key, or more than 10,000 jobs");
    }
    for (const std::string& each : args) expect_size(kind, each);
    trace::Span span(context, "job.enqueue", trace::producer);
    span.set(trace::message_destination, options.queue);
    span.set(trace::message_count, std::ssize(args));
    co_await transaction.run(
        span.context(),
        insert_jobs,
        options.queue,
        kind,
        args,
        options.args_version,
        options.priority,
        options.run_at,
        pg::sql_now(clock),
        options.delay_by.count(),
        text_of(options.attempts),
        text_of(options.time_max),
        or_null(options.user_id),
        span.context().traceparent(),
        context.trace->request_id,
        is_due_at_once(options) && may_wake(clock)
    );
}

std::chrono::milliseconds pause_after(int attempt, Random& random) {
    const std::chrono::milliseconds pause =
        retry_pause_first * (1 << std::clamp(attempt - 1, 0, 20));
    const auto permille = 500 + static_cast<int>(random.number() % 1001);
    return std::min<std::chrono::milliseconds>(pause, retry_pause_max) * permille / 1000;
}

std::string unique_bytes(const Unique& unique, std::string_view kind, std::string_view queue) {
    const bool is_kind = unique.scope == Unique::Scope::kind;
    std::string text = is_kind ? "kind" : "queue";
    text.append(1, '\0').append(is_kind ? kind : queue).append(1, '\0').append(unique.key);
    return sha256(text);
}

}  // namespace acme::jobs
