#include "work/jobs/worker.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace acme::jobs {
namespace {

/// After a fault of the database, until it is asked again.
constexpr std::chrono::milliseconds fault_pause{500};

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

}  // namespace

Worker::Worker(
    const Registry& registry, pg::Database& db, Telemetry& telemetry, WorkerOptions options
)
    : registry_(registry),
      telemetry_(telemetry),
      options_(std::move(options)),
      table_(db, telemetry.clock),
      series_(telemetry.metrics, options_.slots),
      group_(telemetry.log) {}

Worker::~Worker() = default;

void Worker::stop() {
    is_stopping_ = true;
    while (!fetching_.empty()) fetching_.give(true);
}

Task<> Worker::run() {
    const Executor executor = co_await asio::this_coro::executor;
    group_.spawn(executor, "worker.beat", beat());
    group_.spawn(executor, "worker.fence", watch_lease());
    group_.spawn(executor, "worker.rescue", keep_house());
    group_.spawn(executor, "worker.measure", measure());
    while (!is_stopping_) {
        const std::size_t free = options_.slots - std::min(options_.slots, running_.size());
        std::vector<Job> jobs;
        if (free > 0) jobs = co_await fetch(free);
        const bool has_more = free > 0 && jobs.size() == free;
        for (Job& job : jobs) group_.spawn(executor, "worker.job", execute(occupy(std::move(job))));
        // A slot that comes free ends the wait.
        if (!has_more && !is_stopping_) co_await fetching_.wait(options_.poll_period);
    }
    co_await drain();
}

Task<bool> Worker::run_one() {
    Untraced own(telemetry_);
    const bool had_lease = lease_ != 0;
    if (had_lease && !co_await table_.renew_lease(own.context, lease_, options_.lease_time)) {
        lease_ = 0;  // nobody beats between calls
    }
    std::vector<Job> jobs = co_await fetch(1);
    if (jobs.empty()) co_return false;
    co_await execute(occupy(std::move(jobs[0])));
    co_return true;
}

/// Nothing, when the database cannot be asked.
Task<std::vector<Job>> Worker::fetch(std::size_t count) {
    Untraced own(telemetry_);
    sort_kinds();
    std::vector<Job> jobs;
    bool has_failed = false;
    try {
        co_await ensure_lease(own.context);
        jobs = co_await claim(own.context, count);
        if (options_.at_work) std::exchange(options_.at_work, nullptr)();
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("worker.fetch", {{"reason", fault.what()}});
        has_failed = true;
        has_doubt_ = true;  // it may have been claimed all the same
    }
    if (has_failed) co_await fetching_.wait(fault_pause);
    co_return jobs;
}

void Worker::sort_kinds() {
    if (kinds_.size() + waiting_kinds_.size() == registry_.kinds().size()) return;
    kinds_.clear();
    waiting_kinds_.clear();
    for (const auto& [kind, how] : registry_.kinds()) {
        (how.options.waits_for_others ? waiting_kinds_ : kinds_).push_back(kind);
    }
}

/// In turns, so that neither kind of job keeps the other from the last free slot.
Task<std::vector<Job>> Worker::claim(trace::Context context, std::size_t count) {
    std::vector<Job> jobs;
    is_waiting_first_ = !is_waiting_first_;
    co_await claim_of(context, is_waiting_first_, count, jobs);
    co_await claim_of(context, !is_waiting_first_, count - jobs.size(), jobs);
    co_return jobs;
}

Task<> Worker::claim_of(
    trace::Context context, bool waits_for_others, std::size_t count, std::vector<Job>& jobs
) {
    if (waits_for_others) {
        const std::size_t most = slots_for_others(options_.slots);
        const auto taken = static_cast<std::size_t>(
            std::ranges::count_if(running_, [](const Slot& slot) { return slot->waits_for_others; })
        );
        count = std::min(count, most - std::min(most, taken));
    }
    const auto& kinds = waits_for_others ? waiting_kinds_ : kinds_;
    if (count == 0 || kinds.empty()) co_return;
    for (Job& job : co_await table_.claim(context, lease_, kinds, count)) {
        jobs.push_back(std::move(job));
    }
}

Task<> Worker::ensure_lease(trace::Context context) {
    if (lease_ == 0) {
        const SteadyTime asked = telemetry_.clock.steady();
        lease_ = co_await table_.open_lease(context, options_.name, options_.lease_time);
        renewed_at_ = asked;
        has_doubt_ = false;
    }
    if (!has_doubt_) co_return;
    co_await table_.give_back(context, lease_, running_ids());
    has_doubt_ = false;
}

Worker::Slot Worker::occupy(Job job) {
    series_.began(job);
    const bool waits = std::ranges::count(waiting_kinds_, job.kind) > 0;
    running_.push_back(std::make_shared<Running>(
        Running{.job = std::move(job), .waits_for_others = waits, .work = {}}
    ));
    return running_.back();
}

Task<> Worker::execute(Slot slot) {
    const Job& job = slot->job;
    const SteadyTime began = telemetry_.clock.steady();
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    // What we stored ourselves is to be trusted.
    const auto parent = trace::parse_traceparent(job.traceparent);
    const auto context = trace.begin(parent, options_.keep_share, trace::Peer::trusted);
    trace.request_id = job.request_id;

    const auto kind =
        registry_.kinds().find(job.kind);  // there is one: only known ones are claimed
    {
        trace::Span span(context, kind->first, trace::SpanKind::internal);
        span.set("job.id", job.id);
        span.set("job.attempt", job.attempt);
        const Verdict verdict = co_await attempt(span.context(), slot, kind->second);
        if (!verdict.error_type.empty()) span.fail();
        const bool is_ours = co_await settle(span.context(), job, verdict);
        tell(span.context(), job, verdict, is_ours);
    }
    if (options_.keep) options_.keep(trace);
    running_.remove(slot);
    series_.ended(job, telemetry_.clock.steady() - began);
    while (!fetching_.empty()) fetching_.give(true);
    if (running_.empty() && !draining_.empty()) draining_.give(true);
}

Task<Worker::Verdict> Worker::attempt(
    trace::Context context, Slot slot, const Registry::Kind& kind
) {
    const Job& job = slot->job;
    std::string error_type = "fault";
    try {
        const auto result =
            co_await slot->work.run(kind.work(context, job.args), kind.options.time_max);
        co_return judge(job, result);
    } catch (const pg::Fault& fault) {
        error_type = "database";
        telemetry_.log.write(LogLevel::error, "job.fault", context, {{"reason", fault.what()}});
    } catch (const std::exception& fault) {
        const bool is_ended = slot->work.is_late() || slot->work.is_cancelled();
        const auto level = is_ended ? LogLevel::warn : LogLevel::error;
        telemetry_.log.write(level, "job.fault", context, {{"reason", fault.what()}});
    }
    if (slot->work.is_cancelled()) co_return Verdict{.fate = Fate::given_back};
    if (slot->work.is_late()) error_type = "timeout";
    co_return failed(job, error_type, {});
}

Worker::Verdict Worker::judge(const Job& job, const Result<>& result) {
    if (result) return {};
    std::string code(result.error().code.text());
    if (!is_temporary(result.error().kind)) {
        return {.fate = Fate::dead, .error_type = code, .refusal = code};
    }
    return failed(job, code, result.error().retry_after.value_or(std::chrono::seconds(0)));
}

Worker::Verdict Worker::failed(
    const Job& job, std::string error_type, std::chrono::milliseconds at_least
) {
    if (job.attempt >= attempts_max) {
        return {.fate = Fate::dead, .error_type = error_type, .refusal = "jobs.attempts"};
    }
    const auto pause = std::max(pause_after(job.attempt, telemetry_.random), at_least);
    return {.fate = Fate::retried, .error_type = error_type, .pause = pause};
}

/// Again and again while the database cannot be asked, as long as the job is ours.
Task<bool> Worker::settle(trace::Context context, const Job& job, const Verdict& verdict) {
    bool may_have_happened = false;
    while (job.lease == lease_) {
        bool has_failed = false;
        try {
            const bool is_ours = co_await settle_once(context, job, verdict);
            co_return is_ours || may_have_happened;
        } catch (const pg::Fault& fault) {
            telemetry_.log.write(LogLevel::warn, "job.settle", context, {{"reason", fault.what()}});
            has_failed = true;
        }
        may_have_happened = has_failed;
        co_await sleep_for(fault_pause);
    }
    co_return false;
}

Task<bool> Worker::settle_once(trace::Context context, const Job& job, const Verdict& verdict) {
    switch (verdict.fate) {
        case Fate::done: co_return co_await table_.finish(context, job);
        case Fate::dead: co_return co_await table_.refuse_for_good(context, job, verdict.refusal);
        case Fate::retried: co_return co_await table_.try_later(context, job, verdict.pause);
        case Fate::given_back: co_return true;  // release() does it for all
    }
    co_return false;
}

void Worker::tell(trace::Context context, const Job& job, const Verdict& verdict, bool is_ours) {
    constexpr std::array<std::string_view, 4> names{"done", "dead", "retried", "given_back"};
    if (!verdict.error_type.empty()) series_.failed(job, verdict.error_type);
    if (!is_ours) {
        series_.lost(job.queue);
    } else if (verdict.fate == Fate::done) {
        series_.processed(job);
    } else if (verdict.fate == Fate::dead) {
        series_.died(job.queue);
    }
    const bool is_well = is_ours && verdict.error_type.empty();
    telemetry_.log.write(
        is_well ? LogLevel::info : LogLevel::warn,
        "job",
        context,
        {{"kind", job.kind},
         {"job", job.id},
         {"attempt", job.attempt},
         {"outcome", is_ours ? names[static_cast<std::size_t>(verdict.fate)] : "lost"},
         {"error_type", verdict.error_type}}
    );
}

std::vector<std::int64_t> Worker::running_ids() const {
    std::vector<std::int64_t> ids;
    for (const Slot& slot : running_) ids.push_back(slot->job.id);
    return ids;
}

}  // namespace acme::jobs
