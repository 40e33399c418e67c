// One job: its attempt, and what is to become of it.
#include "io/telemetry/messaging.hpp"
#include "work/jobs/worker.hpp"

namespace acme::jobs {
namespace {

constexpr std::size_t error_bytes_max = 2'000;

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

Worker::Slot Worker::occupy(Job job) {
    series_.began(job);
    const bool waits = std::ranges::count(waiting_.kinds, job.kind) > 0;
    running_.push_back(std::make_shared<Running>(Running{
        .job = std::move(job), .waits_for_others = waits, .began = telemetry_.clock.steady()
    }));
    return running_.back();
}

Task<> Worker::execute(Slot slot, trace::Trace& trace) {
    // What we stored ourselves is to be trusted.
    const auto parent = trace::parse_traceparent(slot->job.traceparent);
    const auto context = trace.begin(parent, options_.keep_share, trace::Peer::trusted);
    trace.request_id = slot->job.request_id;
    // There is one: only known kinds are claimed.
    const auto kind = registry_.kinds().find(slot->job.kind);
    Ended ended{.job = {}};
    bool is_told = false;
    {
        trace::Span span(context, kind->first, trace::consumer);
        span.set(trace::message_id, std::to_string(slot->job.id));
        span.set(trace::message_destination, slot->job.queue);
        span.set("job.attempt", slot->job.attempt);
        Run run(span.context(), slot->job, table_, telemetry_);
        slot->context = span.context();
        ended = co_await attempt(span.context(), slot, run, kind->second);
        if (slot->is_abandoned) {
            span.fail();
            end_late(slot);
            co_return;
        }
        is_told = run.is_complete() && ended.outcome == Outcome::done;
        if (!ended.error_type.empty()) {
            span.set("error.type", ended.error_type);
            span.fail();
        }
        running_.remove(slot);
        ended.job = std::move(slot->job);
        tell(span.context(), ended);
    }
    if (options_.keep) options_.keep(trace);
    series_.ended(ended.job, telemetry_.clock.steady() - slot->began);
    hand_in(std::move(ended), is_told);
    if (running_.empty() && !draining_.empty()) draining_.give(true);
}

Task<Ended> Worker::attempt(
    trace::Context context, Slot slot, Run& run, const Registry::Kind& kind
) {
    const Job& job = slot->job;
    std::exception_ptr fault;
    try {
        const auto time_max =
            job.timeout_ms ? std::chrono::milliseconds(*job.timeout_ms) : kind.options.time_max;
        auto task = kind.handler ? kind.handler(run) : kind.work(context, job.args);
        const auto result = co_await slot->work.run(std::move(task), time_max);
        co_return judge(run, job, result);
    } catch (...) {
        fault = std::current_exception();
    }
    co_return judge_fault(context, *slot, fault);
}

/// `is_told`: it has ended its job itself.
void Worker::hand_in(Ended ended, bool is_told) {
    const bool is_ours = is_told || ended.job.lease == lease_;
    if (is_told || !is_ours) {
        count(ended, is_ours);
        if (is_told && !ended.job.key.empty()) {
            freed_.push_back({ended.job.queue_id, ended.job.key});
        }
    } else {
        ended_.push_back(std::move(ended));
    }
    if (ended_.size() == 1 || !freed_.empty() || has_to_turn()) wake_fetcher();
}

Ended Worker::judge_fault(
    trace::Context context, const Running& slot, const std::exception_ptr& fault
) {
    std::string type = "fault";
    std::string text = "something that is no exception";
    const bool is_ended = slot.work.is_late() || slot.work.is_cancelled();
    try {
        std::rethrow_exception(fault);
    } catch (const pg::Fault& database) {
        type = "database";
        text = database.what();
    } catch (const std::exception& other) {
        text = other.what();
    } catch (...) {
    }
    const auto level = is_ended ? LogLevel::warn : LogLevel::error;
    telemetry_.log.write(level, "job.fault", context, {{"reason", text}});
    if (slot.is_cancel_asked) return {.job = {}, .outcome = Outcome::cancelled};
    if (slot.work.is_cancelled()) return {.job = {}, .outcome = Outcome::interrupted};
    if (slot.work.is_late()) return failed(slot.job, "timeout", "Its time was up.", {});
    return failed(slot.job, type, text, {});
}

Ended Worker::judge(const Run& run, const Job& job, const Result<>& result) {
    if (result && run.snoozed()) {
        return {.job = {}, .outcome = Outcome::snoozed, .pause = *run.snoozed()};
    }
    if (result && run.discarded()) {
        return {
            .job = {},
            .outcome = Outcome::discarded,
            .error_type = "jobs.discarded",
            .error = run.discarded()->substr(0, error_bytes_max),
        };
    }
    if (result) return {.job = {}, .output = run.output()};
    const Error& error = result.error();
    std::string code(error.code.text());
    if (!is_temporary(error.kind)) {
        return {.job = {}, .outcome = Outcome::dead, .error_type = code, .error = error.message};
    }
    return failed(job, code, error.message, error.retry_after.value_or(std::chrono::seconds(0)));
}

Ended Worker::failed(
    const Job& job, std::string type, std::string text, std::chrono::milliseconds least
) {
    const auto queue = attempts_max_.find(job.queue_id);
    const std::int64_t most =
        job.attempts_max.value_or(queue == attempts_max_.end() ? attempts_max : queue->second);
    text.resize(std::min(text.size(), error_bytes_max));
    Ended ended{.job = {}, .outcome = Outcome::dead, .error_type = type, .error = text};
    if (job.attempt >= most) return ended;
    ended.outcome = Outcome::retried;
    ended.pause = std::max(pause_after(job.attempt, telemetry_.random), least);
    return ended;
}

void Worker::tell(trace::Context context, const Ended& ended) {
    if (!ended.error_type.empty()) series_.failed(ended.job, ended.error_type);
    telemetry_.log.write(
        ended.error_type.empty() ? LogLevel::info : LogLevel::warn,
        "job",
        context,
        {{"kind", ended.job.kind},
         {"queue", ended.job.queue},
         {"job", ended.job.id},
         {"attempt", ended.job.attempt},
         {"outcome", name_of(ended.outcome)},
         {"error_type", ended.error_type}}
    );
}

/// Ends the job of a handler that does not end. What it still writes under the attempt is refused,
/// for an attempt that timed out counts, one that was cancelled is gone, and what is interrupted
/// stands under a lease that has ended or is about to.
void Worker::abandon(const Slot& slot) {
    slot->is_abandoned = true;
    running_.remove(slot);
    ++abandoned_;
    Ended ended{.job = {}, .outcome = Outcome::interrupted};
    if (slot->is_cancel_asked) {
        ended.outcome = Outcome::cancelled;
    } else if (slot->work.is_late()) {
        ended = failed(slot->job, "timeout", "Its time was up, and it did not end.", {});
    }
    ended.job = slot->job;
    telemetry_.log.write(
        LogLevel::error,
        "job.abandoned",
        slot->context,
        {{"kind", ended.job.kind}, {"job", ended.job.id}, {"abandoned", abandoned_}}
    );
    tell(slot->context, ended);
    series_.ended(ended.job, telemetry_.clock.steady() - slot->began);
    series_.abandoned(1);
    hand_in(std::move(ended), false);
    if (running_.empty() && !draining_.empty()) draining_.give(true);
}

/// Its job was answered for long ago.
void Worker::end_late(const Slot& slot) {
    --abandoned_;
    series_.abandoned(-1);
    const auto time = telemetry_.clock.steady() - slot->began;
    telemetry_.log.write(
        LogLevel::warn,
        "job.ended_late",
        slot->context,
        {{"kind", slot->job.kind},
         {"job", slot->job.id},
         {"seconds", std::chrono::duration_cast<std::chrono::seconds>(time).count()}}
    );
}

/// Once it is known what became of it.
void Worker::count(const Ended& ended, bool is_ours) {
    const Job& job = ended.job;
    if (job.id == suspect_) {
        suspect_ = 0;
        suspect_at_ = {};
        poll_at_ = {};
    }
    if (!is_ours) {
        series_.lost(job.queue);
        telemetry_.log.warn("job.lost", {{"job", job.id}, {"attempt", job.attempt}});
    } else if (ended.outcome == Outcome::done) {
        series_.processed(job);
    } else if (ended.outcome == Outcome::dead || ended.outcome == Outcome::discarded) {
        series_.died(job.queue);
    }
}

}  // namespace acme::jobs
