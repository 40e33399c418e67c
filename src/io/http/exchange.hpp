#pragma once

/// One request on its way through, from its head to the last byte of its answer: what the
/// connection and the service tell each other. Belongs to the connection and is used again.

#include "io/http/message.hpp"

namespace acme::http {

struct TableRoute;

/// Why a handler was ended from outside.
enum class Cut : std::uint8_t {
    none,
    timeout,  // its route's time_max has passed
    gone,     // nobody is left to hear the answer
};

struct Exchange {
    explicit Exchange(trace::Trace& memory) : trace(memory) {}

    trace::Trace& trace;
    std::optional<trace::Span> span = std::nullopt;  // of the whole request
    trace::Context context = {};                     // inside that span
    const TableRoute* route = nullptr;               // none: unmatched
    Method method = Method::other;
    SteadyTime head_at = {};                  // when the head had been read
    SteadyTime read_at = {};                  // when the last byte of the request had been read
    SteadyTime deadline = SteadyTime::max();  // of the handler; the connection watches it
    Cut cut = Cut::none;                      // set by the connection
    bool is_counted = false;                  // holds one place of the in-flight limit
};

}  // namespace acme::http
