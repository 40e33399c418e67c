#include "platform/webhooks/sender.hpp"

#include "io/pg/database.hpp"

#include <prometheus/counter.h>

namespace acme::webhooks {

Sender::Sender(Lanes& lanes, fetch::Client& client, Telemetry& telemetry, SenderOptions options)
    : lanes_(lanes),
      client_(client),
      telemetry_(telemetry),
      options_(std::move(options)),
      group_(telemetry.log) {}

Task<> Sender::run() {
    while (!is_stopping_) {
        const int found = co_await look();
        // A lane that comes free ends the wait.
        if (found == 0 && !is_stopping_) co_await waiting_.wait(options_.poll_period);
    }
    co_await group_.join();
}

Task<int> Sender::run_once() {
    const int found = co_await look();
    co_await group_.join();
    co_return found;
}

void Sender::stop() {
    is_stopping_ = true;
    while (!waiting_.empty()) waiting_.give(true);
}

/// Nothing, when the database cannot be asked.
Task<int> Sender::look() {
    const Executor executor = co_await asio::this_coro::executor;
    const Room room{options_.lanes_max - held_, options_.struck_lanes_max - struck_};
    if (room.sound <= 0 && room.struck <= 0) co_return 0;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    std::vector<Lane> lanes;
    try {
        const auto context = trace.begin(std::nullopt, 0);
        lanes = options_.own ? co_await lanes_.claim_own(context, *options_.own)
                             : co_await lanes_.claim(context, room);
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("webhooks.claim", {{"reason", fault.what()}});
    }
    const int found = static_cast<int>(lanes.size());
    for (Lane& lane : lanes) {
        ++(lane.is_struck ? struck_ : held_);
        group_.spawn(executor, "webhooks.lane", serve(std::move(lane)));
    }
    co_return found;
}

/// The last of its deliveries gives the lane back.
Task<> Sender::serve(Lane lane) {
    const Executor executor = co_await asio::this_coro::executor;
    const auto round = std::make_shared<Round>(Round{.lane = std::move(lane)});
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    std::vector<Due> due;
    try {
        due = co_await lanes_.due(trace.begin(std::nullopt, 0), round->lane);
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("webhooks.due", {{"reason", fault.what()}});
    }
    round->left = due.size();
    for (Due& each : due) group_.spawn(executor, "webhooks.send", send(round, std::move(each)));
    if (due.empty()) co_await end(round);
}

Task<> Sender::send(RoundPtr round, Due due) {
    const Lane& lane = round->lane;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    // What we stored ourselves is to be trusted.
    const auto parent = trace::parse_traceparent(due.traceparent);
    const auto context = trace.begin(parent, options_.keep_share, trace::Peer::trusted);
    trace.request_id = due.request_id;
    try {
        trace::Span span(context, "webhooks.deliver", trace::SpanKind::internal);
        span.set("webhook.id", lane.webhook.str());
        span.set("webhook.delivery", due.id.str());
        span.set("webhook.type", due.type);
        Message message =
            sign(lane.url, due.event.str(), due.body, telemetry_.clock.now(), lane.secrets);
        const Posted posted =
            co_await post(span.context(), client_, telemetry_, std::move(message));
        if (posted.outcome != Outcome::delivered) span.fail();
        const Fate fate = co_await lanes_.record(span.context(), lane, due, posted);
        tell(span.context(), lane, due, posted, fate);
    } catch (const std::exception& fault) {
        // Nothing was written: it is sent again when the lane is claimed the next time.
        telemetry_.log.write(
            LogLevel::warn, "webhooks.unrecorded", context, {{"reason", fault.what()}}
        );
    }
    if (options_.keep) options_.keep(trace);
    if (--round->left == 0) co_await end(round);
}

Task<> Sender::end(RoundPtr round) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    try {
        co_await lanes_.release(trace.begin(std::nullopt, 0), round->lane);
    } catch (const pg::Fault& fault) {
        // It comes free when its time is up.
        telemetry_.log.warn("webhooks.release", {{"reason", fault.what()}});
    }
    --(round->lane.is_struck ? struck_ : held_);
    while (!waiting_.empty()) waiting_.give(true);
}

void Sender::tell(
    trace::Context context, const Lane& lane, const Due& due, const Posted& posted, Fate fate
) {
    telemetry_.metrics
        .counter(
            "webhook_deliveries_total",
            "Attempts to deliver to webhooks, by what came of them.",
            {{"result", std::string(fate)}}
        )
        .Increment();
    telemetry_.log.write(
        posted.outcome == Outcome::delivered ? LogLevel::info : LogLevel::warn,
        "webhook",
        context,
        {{"webhook", lane.webhook.str()},
         {"delivery", due.id.str()},
         {"type", due.type},
         {"attempt", due.attempts + 1},
         {"outcome", name_of(posted.outcome)},
         {"status", posted.status},
         {"duration_ms", posted.duration.count()},
         {"fate", fate}}
    );
    if (options_.told) options_.told(due, posted);
}

}  // namespace acme::webhooks
