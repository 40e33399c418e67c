#pragma once

/// GET /ofrep/v1/stream: everybody who waits to hear that flags have changed. One for each thread.
///
/// A stream costs a socket and a place in a table: its session has ended, no task waits for it, and
/// one task tells them all. What is said is short, so that it fits into the kernel's buffer; who
/// lets that fill up has gone, or comes back.

#include "base/result.hpp"
#include "io/http/takeover.hpp"
#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/flag_feed/shelf.hpp"
#include "platform/ofrep/tokens.hpp"

#include <prometheus/gauge.h>

#include <map>

namespace acme::ofrep {

struct StreamOptions {
    std::size_t streams_max = 20'000;  // of a thread
    std::size_t at_once_max = 1'000;   // more are told over `spread`, for all of them ask anew
    std::chrono::milliseconds spread{2'000};
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds tick{20};  // how soon news are told
    std::chrono::seconds last_word{30};  // between the last event of a stream and its end
};

class Streams {
public:
    /// Everything outlives it.
    Streams(
        const flag_feed::Shelf& shelf,
        StreamTokens tokens,
        Telemetry& telemetry,
        StreamOptions options = {}
    );

    /// What a bulk answer says of them: `,"eventStreams":[…]`. Holds until the next call.
    const std::string& announcement(const std::string& environment, WallTime now);

    /// Errors: flags.stream_token (unauthenticated), flags.too_many_streams (unavailable).
    Task<Result<http::Response>> open(const http::Call& call);

    /// From now on nothing is opened, and what is open ends.
    void end();

    /// Waits until nothing of it runs any more. Comes after end().
    Task<> close() { return tasks_.join(); }

    std::size_t size() const { return streams_.size(); }

private:
    class Opening;

    /// What is said to all streams of one environment.
    struct Channel {
        std::int64_t version = 0;
        std::string event;
    };

    struct Stream {
        std::shared_ptr<http::Held> connection;
        const Channel* channel;
        std::int64_t told;  // version
        SteadyTime due;     // when something is to be said
        SteadyTime until;   // of its token; then its reader is sent for another one
        bool is_leaving = false;
    };

    struct Announced {
        std::int64_t hour = 0;
        std::string text;
    };

    Channel& channel_of(const flag_feed::Shown& shown);
    bool hear();
    void add(
        std::shared_ptr<http::Held> connection,
        const Channel& channel,
        std::int64_t told,
        SteadyTime until
    );
    Task<> tell();
    void tell_due(SteadyTime now);
    bool tell(Stream& stream, SteadyTime now);
    void drop(std::uint64_t number);

    const flag_feed::Shelf& shelf_;
    flag_feed::Reader reader_;
    std::uint64_t changes_ = 0;
    StreamTokens tokens_;
    Telemetry& telemetry_;
    StreamOptions options_;
    prometheus::Gauge& gauge_;
    std::map<std::string, Channel, std::less<>> channels_;  // stay where they are
    std::map<std::string, Announced, std::less<>> announced_;
    std::map<std::uint64_t, Stream> streams_;
    std::uint64_t next_ = 0;
    Line<bool> pausing_;
    bool is_telling_ = false;
    bool is_ending_ = false;
    TaskGroup tasks_;
};

}  // namespace acme::ofrep
