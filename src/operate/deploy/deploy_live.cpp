// Source: WHATWG HTML, 9.2 "Server-sent events".
#include "operate/deploy/deploy_live.hpp"

#include "io/loop/loop.hpp"
#include "operate/deploy/journal_rows.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace acme::deploy {
namespace {

constexpr std::string_view begin_message = "retry: 2000\n\n";
constexpr std::string_view heartbeat_message = ": heartbeat\n\n";
constexpr std::string_view drain_message = "event: drain\ndata: {}\n\n";

std::string message_of(const Record& record) {
    return "id: " + std::to_string(record.seq) +
           "\nevent: record\ndata: " + boost::json::serialize(to_json(record)) + "\n\n";
}

std::string end_message(const Deployment& deployment) {
    return "event: end\ndata: " + boost::json::serialize(to_json(deployment)) + "\n\n";
}

}  // namespace

LiveRecords::LiveRecords(
    pg::Database& db, Telemetry& telemetry, Streams& streams, DeploymentId id, std::int64_t after
)
    : deployments_(db),
      telemetry_(telemetry),
      streams_(streams),
      open_(telemetry.metrics.gauge("http_event_streams", "Streams of events that are open.")),
      id_(id),
      seen_(after),
      opened_at_(telemetry.clock.steady()),
      heard_at_(opened_at_) {
    ++streams_.open;
    open_.Increment();
}

LiveRecords::~LiveRecords() {
    --streams_.open;
    open_.Decrement();
}

/// The state is read before the records: what is told until the end is then among them.
Task<std::string> LiveRecords::look(trace::Context context) {
    const auto deployment = co_await deployments_.find(context, id_);
    const auto records = co_await deployments_.records(context, id_, seen_);
    std::string text;
    for (const Record& record : records) {
        text += message_of(record);
        seen_ = record.seq;
    }
    const bool has_more = std::ssize(records) == Deployments::records_max;
    if (has_more || !deployment || !deployment->has_ended()) co_return text;
    is_over_ = true;
    co_return text + end_message(*deployment);
}

Task<std::string_view> LiveRecords::read() {
    sending_ = std::exchange(has_begun_, true) ? "" : begin_message;
    while (sending_.empty() && !is_over_) {
        trace::Trace untraced(telemetry_.clock, telemetry_.random);
        sending_ = co_await look(untraced.begin(std::nullopt, 0));
        const SteadyTime now = telemetry_.clock.steady();
        if (!sending_.empty()) {
            heard_at_ = now;
        } else if (is_draining_) {
            is_over_ = true;
            sending_ = drain_message;
        } else if (now - opened_at_ >= live_time_max) {
            is_over_ = true;
        } else if (now - heard_at_ >= live_heartbeat) {
            heard_at_ = now;
            sending_ = heartbeat_message;
        } else {
            co_await sleep_for(live_look_period);
        }
    }
    co_return sending_;
}

}  // namespace acme::deploy
