#pragma once

/// One request from its first span to its line in the log: what the server calls, and what tests
/// call without a socket.

#include "io/http/router.hpp"
#include "io/telemetry/telemetry.hpp"

#include <map>

namespace acme::http {

/// Takes over the spans of a trace that is to be exported.
using Keep = std::function<void(trace::Trace&)>;

struct ServiceOptions {
    double keep_share = 0.1;  // of the traces that begin here and do not fail
    bool logs_requests = true;
};

class Service {
public:
    Service(const Router& router, Telemetry& telemetry, Keep keep, ServiceOptions options = {});

    /// Answers everything: an Error becomes its status, an exception a 500 without details.
    /// `trace` is started over; its memory is the connection's, so that it is used again.
    Task<Response> answer(const Request& request, trace::Trace& trace);

private:
    struct Series {
        prometheus::Counter* requests;
        prometheus::Histogram* seconds;
    };

    Task<Response> call(Match match, const Request& request, trace::Context context);
    void record(std::string_view route, int status, SteadyTime began, trace::Context context);

    const Router& router_;
    Telemetry& telemetry_;
    Keep keep_;
    ServiceOptions options_;
    std::map<std::pair<std::string_view, int>, Series> series_;  // by route name and status
};

}  // namespace acme::http
