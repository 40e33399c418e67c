// Source: WHATWG HTML, 9.2 "Server-sent events".
#include "platform/queues/live.hpp"

#include "io/loop/loop.hpp"
#include "platform/queues/queues_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace acme::queues {
namespace {

constexpr std::string_view begin_message = "retry: 2000\n\n";
constexpr std::string_view heartbeat_message = ": heartbeat\n\n";
constexpr std::string_view drain_message = "event: drain\ndata: {}\n\n";
constexpr std::chrono::milliseconds job_period{500};
constexpr std::chrono::milliseconds queues_period{1'000};

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
            } else if (now - opened_at_ >= live_time_max) {
                is_over_ = true;
            } else if (now - heard_at_ >= live_heartbeat) {
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

/// A job that is gone, with the history its queue does not keep, has ended all the same.
Task<Look> see_job(Routes room, Owner owner, JobId id, trace::Context context) {
    const auto details = co_await find(room.db, context, room.telemetry.clock, owner, id);
    if (!details) {
        co_return Look{
            .json =
                boost::json::serialize(boost::json::object{{"id", id.str()}, {"state", "gone"}}),
            .is_last = true,
        };
    }
    co_return Look{
        .json = boost::json::serialize(to_json(*details)),
        .is_last = has_ended(details->job.state),
    };
}

Task<Look> see_queues(Routes room, Owner owner, trace::Context context) {
    boost::json::array data;
    for (const QueueState& state : co_await list(room.db, context, room.telemetry.clock, owner)) {
        data.push_back(to_json(state));
    }
    co_return Look{
        .json = boost::json::serialize(boost::json::object{{"data", std::move(data)}}),
    };
}

}  // namespace

Watch look_at_job(Routes room, Owner owner, JobId id) {
    return {
        .event = "job",
        .period = job_period,
        .look = [room, owner, id](trace::Context context
                ) { return see_job(room, owner, id, context); },
    };
}

Watch look_at_queues(Routes room, Owner owner) {
    return {
        .event = "queues",
        .period = queues_period,
        .look = [room, owner](trace::Context context) { return see_queues(room, owner, context); },
    };
}

Result<http::Response> stream(Telemetry& telemetry, std::shared_ptr<Streams> streams, Watch watch) {
    if (streams->open >= Streams::open_max) {
        return std::unexpected(Error{
            .kind = ErrorKind::unavailable,
            .code = "queues.too_many_streams",
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

}  // namespace acme::queues
