#include "platform/live/live.hpp"

#include "io/loop/loop.hpp"

#include <prometheus/gauge.h>

#include <utility>

namespace acme::live {
namespace {

constexpr std::string_view begin_message = "retry: 2000\n\n";
constexpr std::string_view heartbeat_message = ": heartbeat\n\n";
constexpr std::string_view drain_message = "event: drain\ndata: {}\n\n";

class Messages final : public http::Source {
public:
    Messages(Telemetry& telemetry, std::shared_ptr<Streams> streams, Watch watch)
        : telemetry_(telemetry),
          streams_(std::move(streams)),
          open_(telemetry.metrics.gauge("http_event_streams", "Streams of events that are open.")),
          watch_(std::move(watch)),
          opened_at_(telemetry.clock.steady()),
          heard_at_(opened_at_) {
        ++streams_->open;
        open_.Increment();
    }

    ~Messages() override {
        --streams_->open;
        open_.Decrement();
    }

    Messages(const Messages&) = delete;
    Messages& operator=(const Messages&) = delete;

    /// A database that is away ends the stream: the reader comes back by itself.
    Task<std::string_view> read() override {
        sending_ = std::exchange(has_begun_, true) ? "" : begin_message;
        while (sending_.empty() && !is_over_) {
            co_await look();
            const SteadyTime now = telemetry_.clock.steady();
            if (!sending_.empty()) {
                heard_at_ = now;
            } else if (is_draining_) {
                is_over_ = true;
                sending_ = drain_message;
            } else if (now - opened_at_ >= time_max) {
                is_over_ = true;
            } else if (now - heard_at_ >= heartbeat) {
                heard_at_ = now;
                sending_ = heartbeat_message;
            } else {
                co_await sleep_for(watch_.period);
            }
        }
        co_return sending_;
    }

    /// Within the period of a look.
    void end_soon() override { is_draining_ = true; }

private:
    Task<> look() {
        trace::Trace untraced(telemetry_.clock, telemetry_.random);
        Look seen = co_await watch_.look(untraced.begin(std::nullopt, 0));
        is_over_ = seen.is_last;
        if (seen.json == shown_ && !is_over_) co_return;
        const std::string_view event = is_over_ ? "end" : watch_.event;
        sending_ = "event: " + std::string(event) + "\ndata: " + seen.json + "\n\n";
        shown_ = std::move(seen.json);
    }

    Telemetry& telemetry_;
    std::shared_ptr<Streams> streams_;
    prometheus::Gauge& open_;  // whoever drains this node waits for none of them
    Watch watch_;
    SteadyTime opened_at_;
    SteadyTime heard_at_;
    std::string shown_;
    std::string sending_;
    bool has_begun_ = false;
    bool is_draining_ = false;
    bool is_over_ = false;
};

}  // namespace

Result<http::Response> stream(Telemetry& telemetry, std::shared_ptr<Streams> streams, Watch watch) {
    if (streams->open >= Streams::open_max) {
        return std::unexpected(Error{
            .kind = ErrorKind::unavailable,
            .code = watch.too_many,
            .message = "Too many streams of events are open. Close one, or try again later.",
            .retry_after = std::chrono::seconds(5),
        });
    }
    return http::Response{
        .content_type = "text/event-stream",
        .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        .source = std::make_unique<Messages>(telemetry, std::move(streams), std::move(watch)),
    };
}

}  // namespace acme::live
