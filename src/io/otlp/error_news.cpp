#include "io/otlp/error_news.hpp"

#include "io/loop/task_group.hpp"

namespace acme::otlp {
namespace {

constexpr const char* channel = "trace:keep";
constexpr std::chrono::milliseconds look_again{1'000};

}  // namespace

ErrorNews::ErrorNews(
    Exporter& exporter, redis::Client& redis, const redis::Options& options, Telemetry& telemetry
)
    : exporter_(exporter),
      redis_(redis),
      telemetry_(telemetry),
      subscription_(
          options, channel, [this](std::string_view message) { hear(message); }, telemetry
      ) {}

void ErrorNews::keep(trace::Trace& trace) {
    const bool is_error = trace.has_failed() || trace.reason() == "error";
    if (is_error && untold_count_ < ids_per_message_max) {
        if (untold_count_++ > 0) untold_ += ',';
        trace.id().append_to(untold_);
        if (!waiting_.empty()) waiting_.give(true);
    }
    if (!is_error && is_wanted(trace.id())) trace.keep_for("error elsewhere");
    exporter_.keep(trace);
}

Task<> ErrorNews::run() {
    TaskGroup group(telemetry_.log);
    group.spawn(co_await asio::this_coro::executor, "trace.hear", subscription_.run());
    while (!is_stopping_) {
        if (untold_.empty()) co_await waiting_.wait(look_again);
        if (!untold_.empty()) co_await tell();
    }
    co_await group.join();
}

void ErrorNews::stop() {
    is_stopping_ = true;
    subscription_.stop();
    while (!waiting_.empty()) waiting_.give(true);
}

/// What comes together meanwhile goes out in one message. Nothing is told twice: old news are none.
Task<> ErrorNews::tell() {
    trace::Trace own(telemetry_.clock, telemetry_.random);
    untold_count_ = 0;
    std::vector<std::string> words{"PUBLISH", channel, std::exchange(untold_, {})};
    co_await redis_.run(own.begin(std::nullopt, 0), std::move(words));
}

/// Our own news come back too, and find that nothing is left to be exported.
void ErrorNews::hear(std::string_view message) {
    while (!message.empty()) {
        const std::size_t comma = std::min(message.find(','), message.size());
        if (const auto id = trace::parse_trace_id(message.substr(0, comma))) {
            want(*id);
            exporter_.keep(*id);
        }
        message.remove_prefix(std::min(comma + 1, message.size()));
    }
}

void ErrorNews::want(trace::TraceId id) {
    const SteadyTime now = telemetry_.clock.steady();
    while (!wanted_.empty() && (wanted_.front().until <= now || wanted_.size() == wanted_max)) {
        const auto found = wanted_times_.find(wanted_.front().id);
        if (--found->second == 0) wanted_times_.erase(found);
        wanted_.pop_front();
    }
    wanted_.push_back({id.low, now + wanted_for});
    ++wanted_times_[id.low];
}

bool ErrorNews::is_wanted(trace::TraceId id) {
    return !wanted_times_.empty() && wanted_times_.contains(id.low);
}

}  // namespace acme::otlp
