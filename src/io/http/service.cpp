#include "io/http/service.hpp"

#include "base/outage.hpp"
#include "io/http/client_address.hpp"
#include "io/http/problem.hpp"
#include "io/telemetry/redact.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <iterator>

namespace acme::http {
namespace {

constexpr std::size_t request_id_bytes_max = 128;

/// It goes into logs, traces, rows of jobs and the audit, so what looks like a credential is none.
bool is_request_id(std::string_view text) {
    std::string without;
    return !text.empty() && text.size() <= request_id_bytes_max && redact(text, without) == text &&
           std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '.' || c == '_' || c == '-';
           });
}

Error busy() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "http.busy",
        .message = "Too many requests at once. Try again in a moment.",
        .retry_after = std::chrono::seconds(1),
    };
}

Error out_of_reach() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "http.unavailable",
        .message = "A server that this needs is out of reach. Try again soon.",
        .retry_after = std::chrono::seconds(1),
    };
}

Error timed_out() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "http.timeout",
        .message = "This took too long and was stopped.",
        .retry_after = std::chrono::seconds(1),
    };
}

/// "GET, HEAD, OPTIONS". Source: RFC 9110, 10.2.1.
std::string allow_of(const std::vector<Method>& allowed) {
    std::string text;
    for (const Method method : allowed) text.append(name_of(method)).append(", ");
    return text.append("OPTIONS");
}

Task<Response> tell(Response response) { co_return response; }

std::string_view label_of(Method method) {
    return method == Method::other ? "other" : name_of(method);
}

}  // namespace

Service::Service(const Router& router, Telemetry& telemetry, Keep keep, ServiceOptions options)
    : router_(router),
      telemetry_(telemetry),
      keep_(std::move(keep)),
      options_(std::move(options)) {}

void Service::begin(const Request* request, Exchange& exchange) {
    const auto header = [&](std::string_view name) {
        return request != nullptr ? request->header(name) : std::string_view();
    };
    exchange.deadline = SteadyTime::max();
    exchange.cut = Cut::none;
    exchange.route = nullptr;
    exchange.method = request != nullptr ? request->method : Method::other;
    std::optional<trace::Parent> parent;
    if (request != nullptr) parent = trace::read_parent(request->headers);
    const bool is_ours = parent && is_internal(*request, options_.internal_peers);
    const auto peer = is_ours ? trace::Peer::trusted : trace::Peer::foreign;
    exchange.context = exchange.trace.begin(parent, options_.keep_share, peer);
    exchange.head_at = exchange.read_at = exchange.trace.began();
    const std::string_view given = header("X-Request-Id");
    if (is_request_id(given)) {
        exchange.trace.request_id = given;
    } else {
        const Uuid uuid = make_uuid7(exchange.trace.began_at(), telemetry_.random);
        append_base32(exchange.trace.request_id, uuid);
    }
}

// No coroutine of its own: each costs about as much as the match of the route.
Task<Response> Service::answer(const Request& request, Exchange& exchange) {
    begin(&request, exchange);
    Match match = router_.match(request);
    exchange.route = match.route;
    // Not the path itself: a scanner would make a series of every path it tries.
    std::string_view name = "unmatched";
    if (match.route != nullptr) name = match.route->name;
    exchange.trace.route = match.route != nullptr ? match.route->pattern : name;
    trace::Span& span = exchange.span.emplace(exchange.context, name, trace::SpanKind::server);
    exchange.context = span.context();
    span.set("http.request.method", name_of(request.method));
    span.set("url.path", request.path());

    if (is_busy(match.route)) {
        Response refusal = problem(busy(), request.path(), exchange.trace);
        if (options_.reword) options_.reword(request, refusal);
        return tell(std::move(refusal));
    }
    if (match.route != nullptr) {
        exchange.is_counted = !match.route->is_operations && !match.route->is_stream;
        if (exchange.is_counted) ++in_flight_;
        if (const auto time = match.route->time_max; time.count() > 0) {
            exchange.deadline = exchange.head_at + time;
        }
    }
    return call(std::move(match), request, exchange);
}

// What is made of the result is made outside: Asio keeps the memory of frames up to 1,020 bytes.
Task<Response> Service::call(Match match, const Request& request, Exchange& exchange) {
    HeaderList headers;
    if (!match.allowed.empty()) headers.emplace_back("Allow", allow_of(match.allowed));
    try {
        const bool is_unknown = match.route == nullptr && match.allowed.empty() && options_.unknown;
        co_return complete(
            co_await (
                is_unknown ? answer_unknown(request, exchange.context)
                           : router_.call(std::move(match), request, exchange.context, headers)
            ),
            headers,
            request,
            exchange
        );
    } catch (const std::exception& thrown) {
        co_return complete(result_of(thrown, request, exchange), headers, request, exchange);
    }
}

/// What is cut is thrown out of whatever it waits for: that is no fault.
Result<Response> Service::result_of(
    const std::exception& thrown, const Request& request, const Exchange& exchange
) {
    if (exchange.cut != Cut::none) return std::unexpected(timed_out());
    telemetry_.log.write(
        LogLevel::error, "http.fault", exchange.context, {{"reason", thrown.what()}}
    );
    if (dynamic_cast<const Outage*>(&thrown) != nullptr) return std::unexpected(out_of_reach());
    return fault(request.path(), exchange.trace);
}

Response Service::complete(
    Result<Response> result, HeaderList& headers, const Request& request, const Exchange& exchange
) const {
    if (exchange.cut != Cut::none) result = std::unexpected(timed_out());
    Response response =
        result ? std::move(*result) : problem(result.error(), request.path(), exchange.trace);
    std::ranges::move(headers, std::back_inserter(response.headers));
    if (response.status >= 400 && options_.reword) options_.reword(request, response);
    return response;
}

Task<Result<Response>> Service::answer_unknown(const Request& request, trace::Context context) {
    const Call call{request, context, {}};
    co_return co_await options_.unknown(call);
}

bool Service::is_busy(const TableRoute* route) const {
    const bool is_exempt = route != nullptr && (route->is_operations || route->is_stream);
    return !is_exempt && in_flight_ >= options_.in_flight_max;
}

Response Service::refuse(const Error& error, Exchange& exchange) {
    begin(nullptr, exchange);
    exchange.span.emplace(exchange.context, "unmatched", trace::SpanKind::server);
    exchange.context = exchange.span->context();
    return problem(error, "", exchange.trace);
}

Task<Response> Service::answer(const Request& request, trace::Trace& trace) {
    Exchange exchange(trace);
    Response response = co_await answer(request, exchange);
    finish(exchange, response.status);
    co_return response;
}

void Service::finish(Exchange& exchange, int status) {
    if (std::exchange(exchange.is_counted, false)) --in_flight_;
    const SteadyTime now = telemetry_.clock.steady();
    exchange.span->set("http.response.status_code", status);
    const TableRoute* const route = exchange.route;
    const bool is_operations = route != nullptr && route->is_operations;
    const bool is_not_ready = is_operations && status == 503;  // which is what /readyz is asked for
    if (status >= 500 && !is_not_ready) exchange.span->fail();
    if (status >= options_.error_status_min && !is_not_ready) exchange.trace.keep_for("error");
    exchange.span.reset();

    if (!is_operations) {
        const Series& series = series_of(exchange, status);
        series.requests->Increment();
        const std::chrono::duration<double> time = now - exchange.read_at;
        if (series.seconds != nullptr) {
            series.seconds->Observe(time.count());
            if (exchange.trace.is_worth_keeping()) {
                telemetry_.metrics.give_example(
                    *series.seconds, time.count(), exchange.trace.id(), telemetry_.clock.now()
                );
            }
        }
    }
    if (options_.logs_requests && (!is_operations || (status >= 500 && !is_not_ready))) {
        const std::chrono::duration<double> time = now - exchange.head_at;
        telemetry_.log.write(
            status >= 500 ? LogLevel::error : LogLevel::info,
            "http.request",
            exchange.context,
            {{"method", label_of(exchange.method)},
             {"route", route != nullptr ? route->pattern : "unmatched"},
             {"status", status},
             {"duration_ms", time.count() * 1e3}}
        );
    }
    keep_(exchange.trace);
}

/// Looked up by address and number; the labels are put together once.
const Service::Series& Service::series_of(const Exchange& exchange, int status) {
    auto [found, is_new] = series_.try_emplace({exchange.route, exchange.method, status});
    if (is_new) {
        const TableRoute* const route = exchange.route;
        const std::string path(route != nullptr ? route->pattern : "unmatched");
        const std::string method(label_of(exchange.method));
        Metrics& metrics = telemetry_.metrics;
        found->second.requests = &metrics.counter(
            "http_requests_total",
            "Requests answered, by route and status.",
            {{"method", method}, {"path", path}, {"status", std::to_string(status)}}
        );
        const bool is_timed = route == nullptr || !route->is_stream;
        found->second.seconds = nullptr;
        if (is_timed) {
            found->second.seconds = &metrics.histogram(
                "http_request_duration_seconds",
                "From the last byte of the request read to the last byte of the answer written.",
                {{"method", method}, {"path", path}}
            );
        }
    }
    return found->second;
}

}  // namespace acme::http
