#include "work/jobs/jobs.hpp"

#include <prometheus/counter.h>

#include <algorithm>
#include <stdexcept>

namespace acme::jobs {
namespace {

constexpr std::chrono::milliseconds poll_period{200};

constexpr pg::Query insert_job{"jobs.enqueue", R"sql(
    INSERT INTO jobs (kind, args, due_at) VALUES ($1, $2, $3)
)sql"};

// SKIP LOCKED: workers pass each other without waiting. The new due_at is the lease: a worker that
// dies is not noticed, its job simply falls due again.
constexpr pg::Query claim_job{"jobs.claim", R"sql(
    UPDATE jobs SET attempt = attempt + 1, due_at = $2 WHERE id = (
        SELECT id FROM jobs WHERE refusal IS NULL AND due_at <= $1
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id, kind, args, attempt
)sql"};

// "AND attempt": a worker that was taken for dead must not touch the attempt of its successor.
constexpr pg::Query delete_job{"jobs.finish", R"sql(
    DELETE FROM jobs WHERE id = $1 AND attempt = $2
)sql"};

constexpr pg::Query keep_refusal{"jobs.refuse", R"sql(
    UPDATE jobs SET refusal = $3 WHERE id = $1 AND attempt = $2
)sql"};

constexpr pg::Query postpone_job{"jobs.postpone", R"sql(
    UPDATE jobs SET due_at = $3 WHERE id = $1 AND attempt = $2
)sql"};

/// Whether asking again can help.
bool is_temporary(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid:
        case ErrorKind::unauthenticated:
        case ErrorKind::forbidden:
        case ErrorKind::not_found:
        case ErrorKind::conflict:
        case ErrorKind::too_large: return false;
        case ErrorKind::rate_limited:
        case ErrorKind::unavailable: return true;
    }
    return false;
}

/// 2, 4, 8 ... seconds, at most an hour.
std::chrono::seconds pause_after(int attempt) {
    return std::chrono::seconds(std::min(1 << std::min(attempt, 12), 3600));
}

}  // namespace

void Registry::add(std::string_view kind, Work work) {
    if (!work_.emplace(kind, std::move(work)).second) {
        throw std::logic_error("two rooms do " + std::string(kind));
    }
}

const Work* Registry::find(std::string_view kind) const {
    const auto found = work_.find(kind);
    return found == work_.end() ? nullptr : &found->second;
}

Task<> enqueue(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::string args
) {
    co_await transaction.run(context, insert_job, kind, args, clock.now());
}

Worker::Worker(const Registry& registry, pg::Database& db, Telemetry& telemetry)
    : registry_(registry), db_(db), telemetry_(telemetry) {}

Task<bool> Worker::run_one() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const trace::Context context = trace.begin(std::nullopt, 0);
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await db_.run(context, claim_job, now, now + attempt_time_max);
    if (rows.empty()) co_return false;

    pg::Row row = rows[0];
    const Job job{
        .id = row.integer(),
        .kind = row.text(),
        .args = row.text(),
        .attempt = static_cast<int>(row.integer()),
    };
    const std::string_view outcome = co_await attempt(context, job);
    // Kinds that nobody registered would be label values from outside.
    const bool is_known = registry_.find(job.kind) != nullptr;
    telemetry_.metrics.jobs(is_known ? job.kind : "unknown", outcome).Increment();
    telemetry_.log.write(
        LogLevel::info,
        "job",
        context,
        {{"kind", job.kind}, {"job", job.id}, {"attempt", job.attempt}, {"outcome", outcome}}
    );
    co_return true;
}

Task<std::string_view> Worker::attempt(trace::Context context, const Job& job) {
    const Work* const work = registry_.find(job.kind);
    try {
        if (work == nullptr) throw std::runtime_error("no room of this release does it");
        const Result<> result = co_await (*work)(context, job.args);
        if (result) {
            co_await finish(context, job);
            co_return "done";
        }
        if (!is_temporary(result.error().kind)) {
            co_await refuse_for_good(context, job, result.error().code.text());
            co_return "refused";
        }
    } catch (const std::exception& fault) {
        telemetry_.log.write(LogLevel::error, "job.fault", context, {{"reason", fault.what()}});
    }
    if (job.attempt >= attempts_max) {
        co_await refuse_for_good(context, job, "jobs.attempts");
        co_return "refused";
    }
    co_await try_later(context, job);
    co_return "retried";
}

Task<> Worker::finish(trace::Context context, const Job& job) {
    co_await db_.run(context, delete_job, job.id, job.attempt);
}

Task<> Worker::refuse_for_good(trace::Context context, const Job& job, std::string_view code) {
    co_await db_.run(context, keep_refusal, job.id, job.attempt, code);
}

Task<> Worker::try_later(trace::Context context, const Job& job) {
    const WallTime due = telemetry_.clock.now() + pause_after(job.attempt);
    co_await db_.run(context, postpone_job, job.id, job.attempt, due);
}

Task<> Worker::run() {
    while (!is_stopping_) {
        bool is_idle = true;
        try {
            is_idle = !co_await run_one();
        } catch (const std::exception& fault) {
            telemetry_.log.error("worker", {{"reason", fault.what()}});
        }
        if (is_idle) co_await sleep_for(poll_period);
    }
}

}  // namespace acme::jobs
