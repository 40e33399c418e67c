#include "platform/events/hub.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::events {
namespace {

constexpr std::size_t topics_max = 16;
constexpr std::size_t topic_bytes_max = 32;

bool is_topic(std::string_view text) {
    return !text.empty() && text.size() <= topic_bytes_max &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// "files,nodes"; empty for what is not such a list.
Topics topics_of(std::string_view list) {
    Topics topics;
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        const std::string_view topic = list.substr(at, end - at);
        if (!is_topic(topic) || topics.size() == topics_max) return {};
        topics.emplace(topic);
        at = end + 1;
    }
    return topics;
}

Error too_many(ErrorKind kind) {
    return {
        .kind = kind,
        .code = "events.too_many",
        .message = "Too many streams of events are open. Close one, or try again later.",
        .retry_after = std::chrono::seconds(5),
    };
}

}  // namespace

Hub::Hub(pg::Database& db, Telemetry& telemetry, HubOptions options)
    : db_(db),
      telemetry_(telemetry),
      options_(options),
      streams_(telemetry.metrics.gauge("http_event_streams", "Streams of events that are open.")),
      tasks_(telemetry.log) {}

void Hub::add_live(std::string topic, std::chrono::milliseconds period, Snapshot snapshot) {
    if (!is_topic(topic) || std::ranges::count(live_, topic, &Live::topic) > 0) {
        throw std::logic_error("a live topic that cannot be added: " + topic);
    }
    live_.push_back({std::move(topic), period, std::move(snapshot), "", {}, false});
}

Task<Result<http::Response>> Hub::open(const http::Call& call) {
    auto topics = topics_of(call.request.query("topics").value_or(""));
    if (topics.empty()) {
        co_return refuse(
            ErrorKind::invalid, "events.topics", "Name 1 to 16 topics: ?topics=files,nodes"
        );
    }
    const Identity who = call.who();
    const auto mine = std::ranges::count_if(feeds_, [&](const Feed* feed) {
        return feed->who().user == who.user;
    });
    if (std::cmp_greater_equal(mine, options_.streams_of_user_max)) {
        co_return std::unexpected(too_many(ErrorKind::rate_limited));
    }
    if (feeds_.size() >= options_.streams_max) {
        co_return std::unexpected(too_many(ErrorKind::unavailable));
    }
    const SteadyTime now = telemetry_.clock.steady();
    const std::string_view last = call.request.header("Last-Event-ID");
    auto feed = co_await join(call.context, who, std::move(topics));
    std::string before = "retry: 2000\n";
    before.append("id: ").append(to_text(*place_, telemetry_.clock.now())).append("\n\n");
    if (!last.empty()) {
        const auto from = parse_place(last, telemetry_.clock.now());
        if (!co_await catch_up(call.context, *feed, from, before)) before.append(reset_message);
    }
    feed->release(before);
    show_live(*feed, now);
    if (!std::exchange(is_polling_, true)) {
        tasks_.spawn(co_await asio::this_coro::executor, "events.poll", poll());
    }
    co_return http::Response{
        .content_type = "text/event-stream",
        .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        .source = std::move(feed),
    };
}

Task<> Hub::close() {
    is_closing_ = true;
    for (Feed* feed : feeds_) feed->end();
    co_await tasks_.join();
}

/// From here on the feed gets what comes, but holds it.
Task<std::unique_ptr<Feed>> Hub::join(trace::Context context, Identity who, Topics topics) {
    if (!place_) {
        const Place end = co_await read_end(db_, context);
        if (!place_) place_ = end;
    }
    auto feed = std::make_unique<Feed>(*this, std::move(who), std::move(topics));
    feed->opened_at = feed->heard_at = telemetry_.clock.steady();
    feed->hold();
    feeds_.push_back(feed.get());
    streams_.Increment();
    co_return feed;
}

void Hub::leave(Feed& feed) {
    if (std::erase(feeds_, &feed) > 0) streams_.Decrement();
}

/// Appends what the feed has missed to `before`. False when that cannot be told.
Task<bool> Hub::catch_up(
    trace::Context context, Feed& feed, std::optional<Place> from, std::string& before
) {
    if (!from) co_return false;
    const Place to = *place_;  // what lies behind it comes live
    if (*from > to) {
        // From a thread that has looked a little later than we; or from another database.
        const Place end = co_await read_end(db_, context);
        if (from->tx > end.tx) co_return false;
        feed.skip_to(*from);
        co_return true;
    }
    const WallTime now = telemetry_.clock.now();
    std::string missed;
    for (int seen = 0; seen < options_.catch_up_rows_max; seen += rows_max) {
        const auto rows = co_await read_rows(db_, context, *from);
        for (const Row& row : rows) {
            if (row.place <= to) missed.append(feed.message_of(row, now));
        }
        if (missed.size() > Feed::pending_bytes_max) co_return false;
        if (std::ssize(rows) < rows_max || rows.back().place > to) {
            before.append(missed);
            co_return true;
        }
        from = rows.back().place;
    }
    co_return false;
}

/// Runs while somebody listens.
Task<> Hub::poll() {
    const Executor executor = co_await asio::this_coro::executor;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!feeds_.empty() && !is_closing_) {
        bool is_well = true;
        try {
            co_await look(trace.begin(std::nullopt, 0));
        } catch (const std::exception& fault) {
            is_well = false;
            // Once for each outage: it is asked again four times a second.
            if (was_well_) telemetry_.log.error("events.poll", {{"reason", fault.what()}});
        }
        was_well_ = is_well;
        const SteadyTime now = telemetry_.clock.steady();
        refresh_due(executor, now);
        keep_alive(now);
        co_await sleep_for(options_.poll_period);
    }
    is_polling_ = false;
    place_.reset();
}

Task<> Hub::look(trace::Context context) {
    for (bool has_more = true; has_more;) {
        const auto rows = co_await read_rows(db_, context, *place_);
        const WallTime now = telemetry_.clock.now();
        for (const Row& row : rows) {
            for (Feed* feed : feeds_) {
                feed->push(feed->message_of(row, now));
                if (feed->is_outdated_by(row)) feed->end();  // who comes back is asked anew
            }
            place_ = row.place;
        }
        has_more = std::ssize(rows) == rows_max;
    }
}

void Hub::keep_alive(SteadyTime now) {
    const std::string heartbeat =
        "id: " + to_text(*place_, telemetry_.clock.now()) + "\n: heartbeat\n\n";
    for (Feed* feed : feeds_) {
        if (std::exchange(feed->has_news, false)) feed->heard_at = now;
        if (now - feed->opened_at >= options_.stream_time_max) {
            feed->end();
        } else if (now - feed->heard_at >= options_.heartbeat) {
            feed->push(heartbeat);
        }
    }
}

void Hub::refresh_due(const Executor& executor, SteadyTime now) {
    for (Live& live : live_) {
        const bool is_wanted = std::ranges::any_of(feeds_, [&](const Feed* feed) {
            return feed->wants(live.topic) && feed->who().platform_role;
        });
        if (!is_wanted || live.is_running || now < live.due) continue;
        live.is_running = true;
        tasks_.spawn(executor, "events.live", refresh(live));
    }
}

Task<> Hub::refresh(Live& live) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    std::string state = live.last;
    try {
        state = co_await live.snapshot(trace.begin(std::nullopt, 0));
    } catch (const std::exception& fault) {
        telemetry_.log.warn("events.live", {{"topic", live.topic}, {"reason", fault.what()}});
    }
    live.is_running = false;
    live.due = telemetry_.clock.steady() + live.period;
    if (state == live.last) co_return;
    live.last = std::move(state);
    const std::string message = live_message(live.topic, live.last);
    for (Feed* feed : feeds_) {
        if (feed->wants(live.topic) && feed->who().platform_role) feed->push(message);
    }
}

/// A new reader sees the state at once, unless it was last asked for when nobody listened.
void Hub::show_live(Feed& feed, SteadyTime now) {
    for (Live& live : live_) {
        if (!feed.wants(live.topic) || !feed.who().platform_role) continue;
        if (!live.last.empty() && now < live.due + live.period) {
            feed.push(live_message(live.topic, live.last));
        } else {
            live.last.clear();
            live.due = {};
        }
    }
}

}  // namespace acme::events
