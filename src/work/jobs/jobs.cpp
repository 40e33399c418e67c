#include "work/jobs/jobs.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::jobs {
namespace {

constexpr pg::Query insert_job{"jobs.enqueue", R"sql(
    INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id)
    VALUES ($1, $2, $3, coalesce($4::timestamptz, now()) + $5::bigint * interval '1 ms', $6, $7)
)sql"};

}  // namespace

void Registry::add(std::string_view kind, Work work, KindOptions options) {
    if (!kinds_.emplace(kind, Kind{std::move(work), options}).second) {
        throw std::logic_error("two rooms do " + std::string(kind));
    }
}

const Work* Registry::find(std::string_view kind) const {
    const auto found = kinds_.find(kind);
    return found == kinds_.end() ? nullptr : &found->second.work;
}

Task<> enqueue(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    std::string_view kind,
    std::string args,
    EnqueueOptions options
) {
    if (args.size() > args_bytes_max) {
        throw std::length_error("the job " + std::string(kind) + " is larger than 64 KiB");
    }
    const trace::Span span(context, "job.enqueue", trace::SpanKind::internal);
    co_await transaction.run(
        span.context(),
        insert_job,
        options.queue,
        kind,
        args,
        pg::sql_now(clock),
        options.delay_by.count(),
        span.context().traceparent(),
        context.trace->request_id
    );
}

std::chrono::milliseconds pause_after(int attempt, Random& random) {
    const std::chrono::milliseconds pause =
        retry_pause_first * (1 << std::clamp(attempt - 1, 0, 20));
    const auto permille = 500 + static_cast<int>(random.number() % 1001);
    return std::min<std::chrono::milliseconds>(pause, retry_pause_max) * permille / 1000;
}

}  // namespace acme::jobs
