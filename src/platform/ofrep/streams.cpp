// Source: OFREP, ADR 0008; WHATWG HTML, 9.2 "Server-sent events".
#include "platform/ofrep/streams.hpp"

#include "base/text.hpp"

namespace acme::ofrep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view heartbeat_text = ":\n\n";
constexpr std::uint64_t retry_min_ms = 1'000;
constexpr std::uint64_t retry_spread_ms = 2'000;  // so that not all come back at once
constexpr int inactivity_seconds = 120;
constexpr int ticks_of_a_look = 5;
constexpr milliseconds idle_tick{200};

std::string event_of(const flag_feed::Edition& edition) {
    const std::string version = std::to_string(edition.version);
    const auto at = std::chrono::floor<seconds>(edition.published_at).time_since_epoch().count();
    return "id: " + version +
           "\nevent: message\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"" + version +
           "\",\"lastModified\":" + std::to_string(at) + "}\n\n";
}

std::unexpected<Error> no_token() {
    return refuse(
        ErrorKind::unauthenticated,
        "flags.stream_token",
        "This address has ended. Evaluate all flags to get another one."
    );
}

Error too_many() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "flags.too_many_streams",
        .message = "Too many streams are open here. Try again later.",
        .retry_after = seconds(5),
    };
}

}  // namespace

/// The answer until its connection is taken over; over TLS it is the stream itself.
class Streams::Opening final : public http::Takeover {
public:
    Opening(Streams& streams, const Channel& channel, std::int64_t told, SteadyTime until)
        : streams_(streams), channel_(channel), told_(told), until_(until) {}

    void take(std::shared_ptr<http::Held> connection) override {
        streams_.add(std::move(connection), channel_, told_, until_);
    }

    Task<std::string_view> read() override {
        auto left = streams_.options_.heartbeat;
        while (!is_over_ && told_ == channel_.version && left.count() > 0) {
            co_await sleep_for(streams_.options_.tick);
            left -= streams_.options_.tick;
        }
        if (is_over_ || streams_.telemetry_.clock.steady() > until_) co_return "";
        if (told_ == channel_.version) co_return heartbeat_text;
        told_ = channel_.version;
        said_ = channel_.event;
        co_return said_;
    }

    void end_soon() override { is_over_ = true; }

private:
    Streams& streams_;
    const Channel& channel_;
    std::int64_t told_;
    SteadyTime until_;
    std::string said_;
    bool is_over_ = false;
};

Streams::Streams(
    const flag_feed::Shelf& shelf, StreamTokens tokens, Telemetry& telemetry, StreamOptions options
)
    : shelf_(shelf),
      reader_(shelf),
      tokens_(std::move(tokens)),
      telemetry_(telemetry),
      options_(options),
      gauge_(telemetry.metrics.gauge(
          "feature_flag_streams", "Streams on which changes of flags are told."
      )),
      tasks_(telemetry.log) {}

const std::string& Streams::announcement(const std::string& environment, WallTime now) {
    Announced& announced = announced_[environment];
    if (announced.hour == hour_of(now)) return announced.text;
    announced.hour = hour_of(now);
    announced.text = R"(,"eventStreams":[{"type":"sse","endpoint":{"requestUri":"/ofrep/v1/stream)";
    announced.text.append("?environment=").append(environment);
    announced.text.append("&t=").append(tokens_.make(environment, now));
    announced.text.append(R"("},"inactivityDelaySec":)").append(std::to_string(inactivity_seconds));
    announced.text.append("}]");
    return announced.text;
}

Streams::Channel& Streams::channel_of(const flag_feed::Shown& shown) {
    Channel& channel = channels_[shown->environment];
    if (channel.version < shown->version) {
        channel.version = shown->version;
        channel.event = event_of(*shown);
    }
    return channel;
}

Task<Result<http::Response>> Streams::open(const http::Call& call) {
    const std::string environment = call.request.query("environment").value_or("");
    const WallTime now = telemetry_.clock.now();
    const auto until = tokens_.check(call.request.query("t").value_or(""), environment, now);
    if (!until) co_return no_token();
    if (is_ending_ || streams_.size() >= options_.streams_max) {
        co_return std::unexpected(too_many());
    }
    const Executor executor = co_await asio::this_coro::executor;
    const auto& shown = reader_.find(environment);
    const Channel& channel = shown ? channel_of(shown) : channels_[environment];
    const auto last = parse_number<std::int64_t>(call.request.header("Last-Event-ID"));
    // Without one it may have missed what came between its answer and this stream.
    const std::int64_t told = last && *last >= channel.version ? channel.version : 0;
    if (!std::exchange(is_telling_, true)) tasks_.spawn(executor, "flags.streams", tell());
    co_return http::Response{
        .content_type = "text/event-stream",
        .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        .source = std::make_unique<Opening>(
            *this, channel, told, telemetry_.clock.steady() + (*until - now)
        ),
    };
}

void Streams::add(
    std::shared_ptr<http::Held> connection,
    const Channel& channel,
    std::int64_t told,
    SteadyTime until
) {
    if (is_ending_) return;
    const SteadyTime now = telemetry_.clock.steady();
    const std::uint64_t number = next_++;
    Stream stream{
        .connection = std::move(connection),
        .channel = &channel,
        .told = told,
        .due = now + options_.heartbeat,
        .until = until,
    };
    const auto pause = retry_min_ms + telemetry_.random.number() % retry_spread_ms;
    const bool is_open = stream.connection->send("retry: " + std::to_string(pause) + "\n\n") &&
                         (told == channel.version || tell(stream, now));
    if (!is_open) return;
    stream.connection->watch([this, number] { drop(number); });
    streams_.emplace(number, std::move(stream));
    gauge_.Increment();
}

void Streams::drop(std::uint64_t number) {
    if (streams_.erase(number) > 0) gauge_.Decrement();
}

/// Whether it stays open.
bool Streams::tell(Stream& stream, SteadyTime now) {
    stream.due = now + options_.heartbeat;
    if (stream.is_leaving) return now < stream.until;
    const bool has_news = stream.told < stream.channel->version;
    if (now >= stream.until) {
        // Its reader comes back with the address that the next answer has.
        stream.is_leaving = true;
        stream.until = now + options_.last_word;
    } else if (!has_news) {
        return stream.connection->send(heartbeat_text);
    }
    stream.told = stream.channel->version;
    return stream.channel->event.empty() || stream.connection->send(stream.channel->event);
}

/// Whether something is new; then it is due: at once, or within the spread when many are told.
bool Streams::hear() {
    const std::uint64_t changes = shelf_.changes();
    if (std::exchange(changes_, changes) == changes) return false;
    const SteadyTime now = telemetry_.clock.steady();
    const bool is_spread = streams_.size() > options_.at_once_max;
    const auto spread = static_cast<std::uint64_t>(options_.spread.count());
    for (auto& [name, channel] : channels_) {
        if (const auto& shown = reader_.find(name)) channel_of(shown);
    }
    for (auto& [number, stream] : streams_) {
        if (stream.told >= stream.channel->version) continue;
        const auto later = is_spread ? telemetry_.random.number() % spread : 0;
        stream.due = std::min(stream.due, now + milliseconds(later));
    }
    return true;
}

void Streams::tell_due(SteadyTime now) {
    for (auto at = streams_.begin(); at != streams_.end();) {
        const auto next = std::next(at);
        const bool is_due = at->second.due <= now || at->second.until <= now;
        if (is_due && !tell(at->second, now)) drop(at->first);
        at = next;
    }
}

Task<> Streams::tell() {
    for (int ticks = 0; !is_ending_; ++ticks) {
        // Heartbeats can wait for a few ticks, news not.
        const bool is_new = hear();
        if (is_new || ticks % ticks_of_a_look == 0) tell_due(telemetry_.clock.steady());
        co_await pausing_.wait(streams_.empty() ? idle_tick : options_.tick);
    }
}

void Streams::end() {
    is_ending_ = true;
    gauge_.Decrement(static_cast<double>(streams_.size()));
    streams_.clear();
    while (!pausing_.empty()) pausing_.give(true);
}

}  // namespace acme::ofrep
