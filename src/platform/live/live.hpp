#pragma once

/// What is looked at again and again, as server-sent events. Each message holds the whole of it, so
/// a reader that comes back has missed nothing. Ends with "event: end" when nothing more can
/// change, or with "event: drain" when this node takes no more traffic.
///
/// Source: WHATWG HTML, 9.2 "Server-sent events".

#include "io/http/message.hpp"
#include "io/telemetry/telemetry.hpp"

#include <functional>
#include <memory>

namespace acme::live {

inline constexpr std::chrono::milliseconds heartbeat{15'000};
inline constexpr std::chrono::milliseconds time_max{900'000};  // then who reads is asked anew

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
    ErrorCode too_many;  // streams are open
};

/// Errors: watch.too_many (unavailable).
Result<http::Response> stream(Telemetry& telemetry, std::shared_ptr<Streams> streams, Watch watch);

}  // namespace acme::live
