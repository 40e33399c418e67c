#pragma once

/// One request from its first span to its line in the log: what the server calls, and what tests
/// call without a socket.

#include "base/networks.hpp"
#include "io/http/exchange.hpp"
#include "io/http/router.hpp"
#include "io/telemetry/telemetry.hpp"

#include <map>
#include <tuple>

namespace acme::http {

/// Takes over the spans of a trace that has ended; whether they are worth keeping, it asks itself.
using Keep = std::function<void(trace::Trace&)>;

/// Says a refusal in the words of somebody else's protocol as well.
using Reword = std::function<void(const Request& request, Response& refusal)>;

struct ServiceOptions {
    double keep_share = 0.1;     // of the traces that begin here and do not fail
    int error_status_min = 500;  // TRACE_ERROR_STATUS_MIN: from it on traces are always kept
    bool logs_requests = true;
    std::size_t in_flight_max = 512;  // requests at once; routes of operations are exempt
    std::string release = "";         // for X-Acme-Release; "" sends none
    Networks internal_peers = {};     // whose word on sampling counts, see is_internal()
    Handler unknown = nullptr;        // answers what is no path of any route; null: http.no_route
    Reword reword = nullptr;          // sees every refusal before it is sent
};

class Service {
public:
    Service(const Router& router, Telemetry& telemetry, Keep keep, ServiceOptions options = {});

    /// Answers everything: an Error becomes its status, an exception a 500 without details, a
    /// handler that was cut for its time 503 http.timeout, and what is beyond the in-flight limit
    /// 503 http.busy. finish() comes next.
    Task<Response> answer(const Request& request, Exchange& exchange);

    /// The answer to what never became a request. finish() comes next.
    Response refuse(const Error& error, Exchange& exchange);

    /// The last byte has been sent, or never will be: writes the line and the series. `status` is
    /// what was sent, or status_gone.
    void finish(Exchange& exchange, int status);

    /// answer() and finish() in one, for tests.
    Task<Response> answer(const Request& request, trace::Trace& trace);

    /// The connection has to send them with each answer.
    std::string_view release() const { return options_.release; }

    Telemetry& telemetry() { return telemetry_; }

    /// Requests at hand, without those of operations.
    std::int64_t in_flight() const { return static_cast<std::int64_t>(in_flight_); }

    /// In the series and the log, for an answer that the peer did not wait for; nginx's number.
    static constexpr int status_gone = 499;

private:
    using Key = std::tuple<const TableRoute*, Method, int>;

    struct Series {
        prometheus::Counter* requests;
        prometheus::Histogram* seconds;  // null: not timed
    };

    void begin(const Request* request, Exchange& exchange);
    Task<Response> call(Match match, const Request& request, Exchange& exchange);
    Result<Response> result_of(
        const std::exception& thrown, const Request& request, const Exchange& exchange
    );
    Response complete(
        Result<Response> result,
        HeaderList& headers,
        const Request& request,
        const Exchange& exchange
    ) const;
    Task<Result<Response>> answer_unknown(const Request& request, trace::Context context);
    bool is_busy(const TableRoute* route) const;
    const Series& series_of(const Exchange& exchange, int status);

    const Router& router_;
    Telemetry& telemetry_;
    Keep keep_;
    ServiceOptions options_;
    std::size_t in_flight_ = 0;
    std::map<Key, Series> series_;
};

}  // namespace acme::http
