#include "work/jobs/inlet.hpp"

#include "io/telemetry/messaging.hpp"
#include "work/jobs/wakes.hpp"

namespace acme::jobs {
namespace {

constexpr std::size_t together_max = 1'000;

constexpr pg::Query insert_jobs{"jobs.enqueue_together", R"sql(
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[]
        ) WITH ORDINALITY AS asked(
            of_org, queue, kind, args, priority, run_at, attempts, time_ms, user_id,
            args_version, traceparent, request_id, number
        )
    ), job AS (
        INSERT INTO jobs (
            org_id, queue, queue_id, kind, args, args_version, priority, due_at, lease,
            attempts_max, timeout_ms, user_id, traceparent, request_id
        )
        SELECT of_org, queue, coalesce(q.id, job_queue_id(of_org, queue)),
            kind, args, args_version::smallint, priority::smallint,
            coalesce(
                nullif(run_at, '')::timestamptz,
                coalesce($13::timestamptz, statement_timestamp())
            ),
            CASE WHEN of_org <> '' THEN 0 END, nullif(attempts, '')::int,
            nullif(time_ms, '')::int, nullif(user_id, ''), traceparent, request_id
        FROM asked
        LEFT JOIN job_queues q ON q.org_id = of_org AND q.name = asked.queue
        ORDER BY number
        RETURNING id
    ), woken AS MATERIALIZED (
        SELECT pg_notify('acme_jobs', 'wake') WHERE $14::boolean
    )
    SELECT id, (SELECT count(*) FROM woken) FROM job
)sql"};

}  // namespace

Inlet::Inlet(pg::Database& db, Telemetry& telemetry)
    : db_(db), telemetry_(telemetry), group_(telemetry.log) {}

Task<std::int64_t> Inlet::add(trace::Context context, NewJob job) {
    if (job.args.size() > args_bytes_max) {
        throw std::length_error("the job " + job.kind + " is larger than 64 KiB");
    }
    trace::Span span(context, "job.enqueue", trace::producer);
    span.set(trace::message_destination, job.queue);
    jobs_.push_back({std::move(job), span.context().traceparent(), context.trace->request_id});
    if (!std::exchange(is_flushing_, true)) {
        group_.spawn(co_await asio::this_coro::executor, "jobs.inlet", flush());
    }
    const Added added = co_await callers_.wait();
    if (added.fault) std::rethrow_exception(added.fault);
    span.set(trace::message_id, std::to_string(added.id));
    co_return added.id;
}

Task<> Inlet::flush() {
    while (!jobs_.empty()) {
        std::vector<Waiting> together;
        while (!jobs_.empty() && together.size() < together_max) {
            together.push_back(std::move(jobs_.front()));
            jobs_.pop_front();
        }
        std::vector<std::int64_t> ids(together.size());
        std::exception_ptr fault;
        try {
            ids = co_await insert(std::move(together));
        } catch (const pg::Fault&) {
            fault = std::current_exception();
        }
        for (const std::int64_t id : ids) callers_.resume_first({.id = id, .fault = fault});
    }
    is_flushing_ = false;
}

Task<std::vector<std::int64_t>> Inlet::insert(std::vector<Waiting> jobs) {
    std::vector<std::vector<std::string>> texts(10);
    std::vector<std::int64_t> priorities;
    std::vector<std::int64_t> versions;
    bool is_due = false;
    const auto or_empty = [](const auto& number) {
        return number ? std::to_string(*number) : std::string();
    };
    for (const auto& [job, traceparent, request_id] : jobs) {
        is_due = is_due || !job.run_at;
        texts[0].push_back(job.org_id);
        texts[1].push_back(job.queue);
        texts[2].push_back(job.kind);
        texts[3].push_back(job.args);
        priorities.push_back(job.priority);
        texts[4].push_back(job.run_at ? to_rfc3339(*job.run_at) : "");
        texts[5].push_back(or_empty(job.attempts));
        texts[6].push_back(job.time_max ? std::to_string(job.time_max->count()) : "");
        texts[7].push_back(job.user_id);
        versions.push_back(job.args_version);
        texts[8].push_back(traceparent);
        texts[9].push_back(request_id);
    }
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto context = trace.begin(std::nullopt, 0);
    const auto rows = co_await db_.run(
        context,
        insert_jobs,
        texts[0],
        texts[1],
        texts[2],
        texts[3],
        priorities,
        texts[4],
        texts[5],
        texts[6],
        texts[7],
        versions,
        texts[8],
        texts[9],
        pg::sql_now(telemetry_.clock),
        is_due && may_wake(telemetry_.clock)
    );
    std::vector<std::int64_t> ids;
    for (int i = 0; i < rows.size(); ++i) ids.push_back(rows[i].integer());
    co_return ids;
}

}  // namespace acme::jobs
