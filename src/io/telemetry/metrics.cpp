#include "io/telemetry/metrics.hpp"

#include "base/gate.hpp"
#include "base/gzip.hpp"
#include "io/telemetry/exposition.hpp"
#include "io/telemetry/process_metrics.hpp"

#include <prometheus/check_names.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>

namespace acme {
namespace {

using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::MetricFamily;

using Labels = Metrics::Labels;

using Examples = std::array<std::optional<exposition::Example>, seconds_edges.size() + 1>;

std::string series_key(const std::string& name, const std::vector<ClientMetric::Label>& labels) {
    std::string key = name;
    for (const auto& label : labels)
        key.append("\n").append(label.name).append("=").append(label.value);
    return key;
}

std::vector<ClientMetric::Label> as_list(const Labels& labels) {
    std::vector<ClientMetric::Label> list;
    for (const auto& [name, value] : labels) list.push_back({name, value});
    return list;
}

void check_names(const std::string& name, const Labels& labels) {
    bool is_good = prometheus::CheckMetricName(name);
    for (const auto& label : labels) is_good = is_good && prometheus::CheckLabelName(label.first);
    if (!is_good) throw std::invalid_argument("no name of a metric or label: " + name);
}

/// "GET /v1/files/{id}" in two; "unmatched" has no method of its own.
std::pair<std::string_view, std::string_view> parts_of(std::string_view route) {
    const auto blank = route.find(' ');
    if (blank == route.npos) return {"other", route};
    return {route.substr(0, blank), route.substr(blank + 1)};
}

std::string value_of(const ClientMetric& metric, std::string_view name) {
    const auto found = std::ranges::find(metric.label, name, &ClientMetric::Label::name);
    return found == metric.label.end() ? "" : found->value;
}

/// Health checks and scrapes say nothing of how users fare.
bool is_operations(const ClientMetric& metric) {
    const std::string path = value_of(metric, "path");
    return path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/buildinfo" ||
           path.starts_with("/internal/");
}

std::vector<ClientMetric> summed_requests(const HttpTotals& totals) {
    const std::pair<const char*, double> sums[] = {
        {"2xx", totals.requests - totals.errors - totals.answers_4xx},  // and the few 3xx
        {"4xx", totals.answers_4xx},
        {"5xx", totals.errors},
    };
    std::vector<ClientMetric> metrics;
    for (const auto& [status, count] : sums) {
        ClientMetric metric;
        metric.label = {{"status", status}};
        metric.counter.value = count;
        metrics.push_back(std::move(metric));
    }
    return metrics;
}

std::vector<ClientMetric> summed_times(const HttpTotals& totals) {
    ClientMetric metric;
    double below = 0;
    for (std::size_t i = 0; i < totals.buckets.size(); ++i) {
        below += totals.buckets[i];
        metric.histogram.bucket.push_back({
            .cumulative_count = static_cast<std::uint64_t>(below),
            .upper_bound = i < seconds_edges.size() ? seconds_edges[i] : HUGE_VAL,
        });
    }
    metric.histogram.sample_count = static_cast<std::uint64_t>(below);
    return {metric};
}

}  // namespace

struct Metrics::Parts {
    prometheus::Registry registry;
    std::atomic_flag is_busy;
    std::map<std::string, std::size_t> counts;           // of series, by metric
    std::map<std::string, const Histogram*> histograms;  // by series_key()
    std::map<const Histogram*, Examples> examples;
    std::vector<std::weak_ptr<prometheus::Collectable>> sources;

    Family<Counter>& http_requests = prometheus::BuildCounter()
                                         .Name("http_requests_total")
                                         .Help("Requests answered, by method, route and status.")
                                         .Register(registry);
    Family<Histogram>& http_request_seconds =
        prometheus::BuildHistogram()
            .Name("http_request_duration_seconds")
            .Help("From the last byte of the request read to the last byte of the answer written.")
            .Register(registry);

    /// `labels` become "_other" when there are too many.
    template <class T, class... Args>
    T& series(Family<T>& family, const std::string& name, Labels& labels, const Args&... args) {
        if (family.Has(labels)) return family.Add(labels, args...);
        std::size_t& count = counts[name];
        if (count >= series_max) {
            dropped().Add({{"metric", name}}).Increment();
            for (auto& label : labels) label.second = "_other";
            if (family.Has(labels)) return family.Add(labels, args...);
        }
        ++count;
        return family.Add(labels, args...);
    }

    Family<Counter>& dropped() {
        return prometheus::BuildCounter()
            .Name("metrics_series_dropped_total")
            .Help("Label sets that became _other, because their metric has too many.")
            .Register(registry);
    }

    std::map<std::string, Examples> examples_by_key();
    std::vector<std::shared_ptr<prometheus::Collectable>> living_sources();
};

/// A copy, because others must not wait while the page is written.
std::map<std::string, Examples> Metrics::Parts::examples_by_key() {
    std::map<std::string, Examples> copy;
    const Gate gate(is_busy);
    for (const auto& [key, histogram] : histograms) {
        const auto found = examples.find(histogram);
        if (found != examples.end()) copy.emplace(key, found->second);
    }
    return copy;
}

std::vector<std::shared_ptr<prometheus::Collectable>> Metrics::Parts::living_sources() {
    std::vector<std::shared_ptr<prometheus::Collectable>> living;
    const Gate gate(is_busy);
    std::erase_if(sources, [](const auto& source) { return source.expired(); });
    for (const auto& source : sources) {
        if (auto held = source.lock()) living.push_back(std::move(held));
    }
    return living;
}

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {
    // There from the start, so that an alert on it has something to look at.
    parts_->dropped();
}

Metrics::~Metrics() = default;

void Metrics::describe_build(const std::string& release, const std::string& role) {
    gauge(
        "acme_build_info",
        "The release that runs, and as what.",
        {{"release", release}, {"role", role}}
    ).Set(1);
}

Counter& Metrics::http_requests(std::string_view method, std::string_view path, int status) {
    return counter(
        "http_requests_total",
        "",
        {{"method", std::string(method)},
         {"path", std::string(path)},
         {"status", std::to_string(status)}}
    );
}

Histogram& Metrics::http_request_seconds(std::string_view method, std::string_view path) {
    return histogram(
        "http_request_duration_seconds",
        "",
        {{"method", std::string(method)}, {"path", std::string(path)}}
    );
}

Counter& Metrics::http_requests(std::string_view route, int status) {
    const auto [method, path] = parts_of(route);
    return http_requests(method, path, status);
}

Histogram& Metrics::http_request_seconds(std::string_view route) {
    const auto [method, path] = parts_of(route);
    return http_request_seconds(method, path);
}

Histogram& Metrics::db_query_seconds(std::string_view query, std::string_view type) {
    return histogram(
        "db_query_duration_seconds",
        "From the statement sent to its last row, without the wait for a connection.",
        {{"query", std::string(query)}, {"type", std::string(type)}}
    );
}

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
    check_names(name, labels);
    const Gate gate(parts_->is_busy);
    auto& family =
        prometheus::BuildCounter().Name(name).Help(std::move(help)).Register(parts_->registry);
    return parts_->series(family, name, labels);
}

Gauge& Metrics::gauge(std::string name, std::string help, Labels labels) {
    check_names(name, labels);
    const Gate gate(parts_->is_busy);
    auto& family =
        prometheus::BuildGauge().Name(name).Help(std::move(help)).Register(parts_->registry);
    return parts_->series(family, name, labels);
}

Histogram& Metrics::histogram(std::string name, std::string help, Labels labels) {
    std::vector<double> edges(seconds_edges.begin(), seconds_edges.end());
    return histogram(std::move(name), std::move(help), std::move(labels), std::move(edges));
}

Histogram& Metrics::histogram(
    std::string name, std::string help, Labels labels, std::vector<double> edges
) {
    check_names(name, labels);
    const Gate gate(parts_->is_busy);
    auto& family =
        prometheus::BuildHistogram().Name(name).Help(std::move(help)).Register(parts_->registry);
    Histogram& histogram = parts_->series(family, name, labels, edges);
    parts_->histograms.try_emplace(series_key(name, as_list(labels)), &histogram);
    return histogram;
}

void Metrics::give_example(
    const Histogram& histogram, double seconds, trace::TraceId trace, WallTime now
) {
    const auto bucket = std::ranges::lower_bound(seconds_edges, seconds) - seconds_edges.begin();
    const Gate gate(parts_->is_busy);
    parts_->examples[&histogram][static_cast<std::size_t>(bucket)] = {seconds, trace, now};
}

void Metrics::collect_also(const std::weak_ptr<prometheus::Collectable>& source) {
    const Gate gate(parts_->is_busy);
    parts_->sources.push_back(source);
}

HttpTotals Metrics::http_totals() const {
    HttpTotals totals;
    for (const MetricFamily& family : parts_->http_requests.Collect()) {
        for (const ClientMetric& metric : family.metric) {
            if (is_operations(metric)) continue;
            totals.requests += metric.counter.value;
            const std::string status = value_of(metric, "status");
            if (status.starts_with('5')) totals.errors += metric.counter.value;
            if (status.starts_with('4')) totals.answers_4xx += metric.counter.value;
        }
    }
    for (const MetricFamily& family : parts_->http_request_seconds.Collect()) {
        for (const ClientMetric& metric : family.metric) {
            if (is_operations(metric)) continue;
            std::uint64_t below = 0;
            for (std::size_t i = 0; i < totals.buckets.size(); ++i) {
                const std::uint64_t upto = metric.histogram.bucket[i].cumulative_count;
                totals.buckets[i] += static_cast<double>(upto - below);
                below = upto;
            }
        }
    }
    return totals;
}

std::vector<MetricFamily> Metrics::collect() const {
    std::vector<MetricFamily> families = parts_->registry.Collect();
    for (MetricFamily& family : process_metrics()) families.push_back(std::move(family));
    for (const auto& source : parts_->living_sources()) {
        for (MetricFamily& family : source->Collect()) families.push_back(std::move(family));
    }
    return families;
}

Scrape Metrics::scrape(std::string_view accept, std::string_view accept_encoding) const {
    const auto format = exposition::choose(accept);
    const auto families = collect();
    Scrape scrape{
        .body = {},
        .content_type = std::string(exposition::content_type(format)),
        .content_encoding = {}
    };
    const auto examples = parts_->examples_by_key();
    const auto find = [&](const std::string& family, const ClientMetric& metric, std::size_t at) {
        const auto found = examples.find(series_key(family, metric.label));
        const bool is_there = found != examples.end() && found->second[at].has_value();
        return is_there ? &*found->second[at] : nullptr;
    };
    scrape.body = exposition::write(families, format, find);
    if (exposition::takes_gzip(accept_encoding)) {
        // It travels within the machine or the data centre.
        scrape.body = gzipped(scrape.body, Pains::few);
        scrape.content_encoding = "gzip";
    }
    return scrape;
}

std::string Metrics::text() const { return scrape("", "").body; }

std::string Metrics::brief(std::string_view names) const {
    std::vector<MetricFamily> families = collect();
    const HttpTotals totals = http_totals();
    for (MetricFamily& family : families) {
        if (family.name == "http_requests_total") family.metric = summed_requests(totals);
        if (family.name == "http_request_duration_seconds") family.metric = summed_times(totals);
    }
    const auto no_example = [](const auto&, const auto&, std::size_t) { return nullptr; };
    return exposition::keep(
        exposition::write(families, exposition::Format::text, no_example), names
    );
}

}  // namespace acme
