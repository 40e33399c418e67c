#include "io/http/service.hpp"

#include "io/http/problem.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

namespace acme::http {

Service::Service(const Router& router, Telemetry& telemetry, Keep keep, ServiceOptions options)
    : router_(router), telemetry_(telemetry), keep_(std::move(keep)), options_(options) {}

Task<Response> Service::answer(const Request& request, trace::Trace& trace) {
    const SteadyTime began = telemetry_.clock.steady();
    const auto parent = trace::parse_traceparent(request.header("traceparent"));
    const auto context = trace.begin(parent, options_.keep_share);

    Match match = router_.match(request);
    // Not the path itself: a scanner would make a series of every path it tries.
    std::string_view route = "unmatched";
    if (match.route != nullptr) route = match.route->name;
    Response response;
    {
        trace::Span span(context, route, trace::SpanKind::server);
        span.set("http.request.method", name_of(request.method));
        span.set("url.path", request.path());
        response = co_await call(std::move(match), request, span.context());
        span.set("http.response.status_code", response.status);
        if (response.status >= 500) span.fail();
    }
    record(route, response.status, began, context);
    if (trace.is_worth_keeping()) keep_(trace);
    co_return response;
}

Task<Response> Service::call(Match match, const Request& request, trace::Context context) {
    const trace::TraceId trace_id = context.trace->id();
    try {
        auto result = co_await router_.call(std::move(match), request, context);
        co_return result ? std::move(*result) : problem(result.error(), trace_id);
    } catch (const std::exception& thrown) {
        telemetry_.log.write(LogLevel::error, "http.fault", context, {{"reason", thrown.what()}});
    }
    co_return fault(trace_id);
}

void Service::record(std::string_view route, int status, SteadyTime began, trace::Context context) {
    auto [found, is_new] = series_.try_emplace({route, status});
    Series& series = found->second;
    if (is_new) {
        series.requests = &telemetry_.metrics.http_requests(route, status);
        series.seconds = &telemetry_.metrics.http_request_seconds(route);
    }
    const std::chrono::duration<double> time = telemetry_.clock.steady() - began;
    series.requests->Increment();
    series.seconds->Observe(time.count());
    if (!options_.logs_requests) return;
    const LogLevel level = status >= 500 ? LogLevel::error : LogLevel::info;
    telemetry_.log.write(
        level,
        "http.request",
        context,
        {{"route", route}, {"status", status}, {"duration_ms", time.count() * 1e3}}
    );
}

}  // namespace acme::http
