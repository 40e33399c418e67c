#pragma once

/// The readers of one thread, and the one look at the table that serves them all. Belongs to a
/// loop; outlives the server's sessions.

#include "io/http/router.hpp"
#include "io/loop/task_group.hpp"
#include "io/pg/database.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/events/feed.hpp"

#include <prometheus/gauge.h>

#include <deque>

namespace acme::events {

struct HubOptions {
    std::chrono::milliseconds poll_period{250};
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds stream_time_max{900'000};  // then who the reader is, is asked anew
    std::size_t streams_max = 256;
    std::size_t streams_of_user_max = 16;
    int catch_up_rows_max = 5'000;  // more that were missed: the reader is told to fetch anew
};

/// The present state of a live topic, as JSON.
using Snapshot = std::function<Task<std::string>(trace::Context)>;

class Hub {
public:
    Hub(pg::Database& db, Telemetry& telemetry, HubOptions options = {});

    /// A topic without rows: `snapshot` is asked every `period` while somebody listens, and what it
    /// returns is sent when it differs from the last. For readers with a role on the platform.
    /// Twice the same topic is a bug and throws.
    void add_live(std::string topic, std::chrono::milliseconds period, Snapshot snapshot);

    /// The stream of a signed-in caller. Errors: events.topics (invalid), events.too_many
    /// (unavailable; rate_limited when they are all the caller's own).
    Task<Result<http::Response>> open(const http::Call& call);

    /// Ends every stream and returns when nothing of the hub runs any more. Comes after the
    /// server's drain and before the database is closed.
    Task<> close();

private:
    friend class Feed;

    struct Live {
        std::string topic;
        std::chrono::milliseconds period;
        Snapshot snapshot;
        std::string last;
        SteadyTime due{};
        bool is_running = false;
    };

    Task<std::unique_ptr<Feed>> join(trace::Context context, Identity who, Topics topics);
    void leave(Feed& feed);
    Task<bool> catch_up(
        trace::Context context, Feed& feed, std::optional<Place> from, std::string& before
    );
    Task<> poll();
    Task<> look(trace::Context context);
    Task<> refresh(Live& live);
    void refresh_due(const Executor& executor, SteadyTime now);
    void show_live(Feed& feed, SteadyTime now);
    void keep_alive(SteadyTime now);

    pg::Database& db_;
    Telemetry& telemetry_;
    HubOptions options_;
    prometheus::Gauge& streams_;
    std::deque<Live> live_;  // stays where it is
    std::vector<Feed*> feeds_;
    std::optional<Place> place_;  // everything up to here has been handed out
    bool is_polling_ = false;
    bool is_closing_ = false;
    bool was_well_ = true;
    TaskGroup tasks_;
};

}  // namespace acme::events
