#pragma once

/// Jobs and queues as server-sent events. Private to platform/queues. Each message holds the whole
/// of what is looked at, so a reader that comes back has missed nothing. Ends with "event: end"
/// when nothing more can change, or with "event: drain" when this node takes no more traffic.

#include "io/http/message.hpp"
#include "platform/queues/calls.hpp"

#include <prometheus/gauge.h>

#include <functional>
#include <memory>

namespace acme::queues {

inline constexpr std::chrono::milliseconds live_heartbeat{15'000};
inline constexpr std::chrono::milliseconds live_time_max{900'000};  // then who reads is asked anew

/// How many streams a thread has open.
struct Streams {
    static constexpr int open_max = 64;
    int open = 0;
};

/// What is seen at a moment, as JSON.
struct Look {
    std::string json = "{}";
    bool is_last = false;
};

struct Watch {
    std::string_view event;  // a literal: names the messages
    std::chrono::milliseconds period;
    std::function<Task<Look>(trace::Context)> look;
};

Watch look_at_job(Routes room, Owner owner, JobId id);
Watch look_at_queues(Routes room, Owner owner);

/// Errors: queues.too_many_streams (unavailable).
Result<http::Response> stream(Telemetry& telemetry, std::shared_ptr<Streams> streams, Watch watch);

}  // namespace acme::queues
