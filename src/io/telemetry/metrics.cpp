#include "io/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace acme {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;

/// Seconds; 2 is an edge because the latency alert asks for it.
const Histogram::BucketBoundaries edges{
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10
};

}  // namespace

struct Metrics::Families {
    prometheus::Registry registry;

    Family<Counter>& http_requests = BuildCounter()
                                         .Name("http_requests_total")
                                         .Help("Requests answered, by route and status.")
                                         .Register(registry);

    Family<Histogram>& http_request_seconds = BuildHistogram()
                                                  .Name("http_request_duration_seconds")
                                                  .Help("From the head read to the answer ready.")
                                                  .Register(registry);

    Family<Histogram>& db_query_seconds =
        BuildHistogram()
            .Name("db_query_duration_seconds")
            .Help("From the statement sent to its last row, with the wait behind others.")
            .Register(registry);

    Family<Counter>& jobs = BuildCounter()
                                .Name("worker_jobs_total")
                                .Help("Attempts, by kind and outcome: done, refused, retried.")
                                .Register(registry);

    Counter& traces_dropped = BuildCounter()
                                  .Name("otlp_traces_dropped_total")
                                  .Help("Traces worth keeping that could not be exported.")
                                  .Register(registry)
                                  .Add({});
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::http_requests(std::string_view route, int status) {
    return families_->http_requests.Add(
        {{"path", std::string(route)}, {"status", std::to_string(status)}}
    );
}

Histogram& Metrics::http_request_seconds(std::string_view route) {
    return families_->http_request_seconds.Add({{"path", std::string(route)}}, edges);
}

Histogram& Metrics::db_query_seconds(std::string_view query) {
    return families_->db_query_seconds.Add({{"query", std::string(query)}}, edges);
}

Counter& Metrics::jobs(std::string_view kind, std::string_view outcome) {
    return families_->jobs.Add({{"kind", std::string(kind)}, {"outcome", std::string(outcome)}});
}

Counter& Metrics::traces_dropped() { return families_->traces_dropped; }

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
    auto& family =
        BuildCounter().Name(std::move(name)).Help(std::move(help)).Register(families_->registry);
    return family.Add(labels);
}

prometheus::Gauge& Metrics::gauge(std::string name, std::string help, Labels labels) {
    auto& family = prometheus::BuildGauge()
                       .Name(std::move(name))
                       .Help(std::move(help))
                       .Register(families_->registry);
    return family.Add(labels);
}

Histogram& Metrics::histogram(std::string name, std::string help, Labels labels) {
    auto& family =
        BuildHistogram().Name(std::move(name)).Help(std::move(help)).Register(families_->registry);
    return family.Add(labels, edges);
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace acme
