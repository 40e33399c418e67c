#include "platform/queues/queues_json.hpp"

#include "io/http/time.hpp"
#include "io/telemetry/redact.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <cmath>

namespace acme::queues {
namespace {

namespace json = boost::json;

constexpr std::size_t trace_begins = 3;  // "00-", the trace, "-"
constexpr std::size_t trace_chars = 32;

json::value time_or_null(const std::optional<WallTime>& time) {
    if (!time) return nullptr;
    return json::string(http::to_json(*time));
}

template <class T>
json::value or_null(const std::optional<T>& value) {
    if (!value) return nullptr;
    return json::value(*value);
}

/// Source: W3C Trace Context, 3.2.
json::value trace_in(std::string_view traceparent) {
    if (traceparent.size() < trace_begins + trace_chars) return nullptr;
    return json::string(traceparent.substr(trace_begins, trace_chars));
}

json::value error_in(
    const std::optional<std::string>& type, const std::optional<std::string>& message
) {
    if (!type && !message) return nullptr;
    return json::object{{"type", type.value_or("")}, {"message", message.value_or("")}};
}

json::object to_json(const Attempt& attempt) {
    return {
        {"number", attempt.number},
        {"began_at", time_or_null(attempt.began_at)},
        {"ended_at", http::to_json(attempt.ended_at)},
        {"outcome", attempt.outcome},
        {"error", error_in(attempt.error_type, attempt.error)},
        {"worker", or_null(attempt.worker)},
        {"trace_id", trace_in(attempt.traceparent)},
    };
}

json::object to_json(const Progress& progress) {
    return {
        {"percent", or_null(progress.percent)},
        {"note", progress.note},
        {"data", parsed(redacted_json(progress.data))},
        {"at", http::to_json(progress.at)},
    };
}

json::object to_json(const Spread& spread) {
    return {
        {"p50", or_null(spread.p50)}, {"p95", or_null(spread.p95)}, {"p99", or_null(spread.p99)}
    };
}

}  // namespace

json::value parsed(std::string_view text) {
    json::error_code error;
    auto value = json::parse({text.data(), text.size()}, error, {}, {.max_depth = 64});
    return error ? json::value(nullptr) : value;
}

json::object to_json(const Job& job) {
    return {
        {"id", job.id.str()},
        {"state", job.state},
        {"queue", job.queue},
        {"kind", job.kind},
        {"payload", parsed(redacted_json(job.args))},
        {"priority", job.priority},
        {"attempt", job.attempt},
        {"max_attempts", or_null(job.attempts_max)},
        {"timeout_ms", or_null(job.timeout_ms)},
        {"key", or_null(job.key)},
        {"user", or_null(job.user)},
        {"created_at", http::to_json(job.created_at)},
        {"run_at", time_or_null(job.due_at)},
        {"started_at", time_or_null(job.started_at)},
        {"ended_at", time_or_null(job.ended_at)},
        {"cancel_asked_at", time_or_null(job.cancel_asked_at)},
        {"error", error_in(job.error_type, job.error)},
        {"output", job.output ? parsed(redacted_json(*job.output)) : json::value(nullptr)},
        {"worker", or_null(job.worker)},
        {"trace_id", trace_in(job.traceparent)},
        {"request_id", job.request_id},
    };
}

json::object to_json(const Details& details) {
    json::object object = to_json(details.job);
    json::array attempts;
    for (const Attempt& attempt : details.attempts) attempts.push_back(to_json(attempt));
    object["attempts"] = std::move(attempts);
    object["progress"] = details.progress ? json::value(to_json(*details.progress)) : nullptr;
    return object;
}

json::object to_json(const Cause& cause) {
    return {
        {"queue", cause.queue},
        {"kind", cause.kind},
        {"error_type", cause.error_type},
        {"error", cause.error},
        {"release", or_null(cause.release)},
        {"dead", cause.dead},
        {"retrying", cause.retrying},
        {"first_at", http::to_json(cause.first_at)},
        {"last_at", http::to_json(cause.last_at)},
        {"example", cause.example.str()},
    };
}

json::object to_json(const QueueState& state) {
    const Queue& queue = state.queue;
    const Figures& figures = state.figures;
    json::value paused = nullptr;
    if (queue.paused_at) {
        paused = json::object{
            {"at", http::to_json(*queue.paused_at)},
            {"by", queue.paused_by},
            {"reason", queue.pause_reason},
        };
    }
    return {
        {"name", queue.name},
        {"paused", std::move(paused)},
        {"running_max", or_null(queue.running_max)},
        {"rate_per_second", or_null(queue.rate_per_s)},
        {"rate_burst", or_null(queue.rate_burst)},
        {"max_attempts", queue.attempts_max},
        {"timeout_ms", queue.timeout_ms},
        {"keep_done_seconds", queue.keep_done_s},
        {"keep_dead_seconds", queue.keep_dead_s},
        {"depth_alert", queue.depth_alert},
        {"created_at", http::to_json(queue.created_at)},
        {"depth", figures.waiting},
        {"oldest_ms", figures.oldest_ms},
        {"scheduled", figures.scheduled},
        {"parked", figures.parked},
        {"running", figures.running},
        {"dead", figures.dead},
        {"done_per_minute", figures.done_per_minute},
        {"dead_per_minute", figures.dead_per_minute},
        {"wait_ms", to_json(figures.wait)},
        {"run_ms", to_json(figures.run)},
    };
}

json::object to_json(const pull::Worker& worker) {
    json::array queues;
    for (const std::string& queue : worker.queues) queues.push_back(json::string(queue));
    return {
        {"lease", worker.lease.str()},
        {"name", worker.name},
        {"state", worker.state},
        {"queues", std::move(queues)},
        {"slots", worker.slots},
        {"running", worker.running},
        {"abandoned", worker.abandoned},
        {"began_at", http::to_json(worker.began_at)},
        {"expires_at", http::to_json(worker.expires_at)},
    };
}

json::object to_json(const Minute& minute) {
    return {{"at", http::to_json(minute.at)}, {"done", minute.done}, {"failed", minute.failed}};
}

json::object to_json(const pull::Fetched& job) {
    return {
        {"id", job.id.str()},
        {"queue", job.queue},
        {"kind", job.kind},
        {"payload", parsed(job.args)},
        {"attempt", job.attempt},
        {"max_attempts", job.attempts_max},
        {"timeout_ms", job.timeout_ms},
        {"key", or_null(job.key)},
        {"created_at", http::to_json(job.created_at)},
        {"traceparent", job.traceparent},
    };
}

}  // namespace acme::queues
