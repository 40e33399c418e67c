#pragma once

/// Metrics: every series of the process is made here, so that one page shows them all (MET-0).
///
/// Label values come from closed sets (routes, statement names, job kinds, statuses), never from
/// input: each new value is memory in every scrape for ever. A name has at most series_max label
/// sets; the next one becomes the set in which every value is "_other" and counts as
/// metrics_series_dropped_total. Looking a series up takes a lock and 200 ns, so callers keep the
/// reference: when a route is added, when a statement is first sent. It holds as long as the
/// Metrics; using it takes about 20 ns and is safe on any thread.

#include "base/clock.hpp"
#include "io/telemetry/propagation.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Collectable;
class Counter;
class Gauge;
class Histogram;
struct MetricFamily;
}  // namespace prometheus

namespace acme {

/// Edges of every histogram, in seconds (MET-2); 2 is one because the latency alert asks for it.
inline constexpr std::array seconds_edges{
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0
};

/// What came over HTTP since the process began, without health checks and scrapes.
struct HttpTotals {
    double requests = 0;
    double errors = 0;  // 5xx (C-9)
    double answers_4xx = 0;
    std::array<double, seconds_edges.size() + 1> buckets{};  // not cumulative; the last is the rest
};

/// An answer to GET /metrics.
struct Scrape {
    std::string body;
    std::string content_type;
    std::string content_encoding;  // "gzip", "" for none
};

class Metrics {
public:
    static constexpr std::size_t series_max = 500;  // of one name

    Metrics();
    ~Metrics();

    /// acme_build_info{release,role}, once at start-up.
    void describe_build(const std::string& release, const std::string& role);

    /// `path` is the route's template or "unmatched", `method` a standard one or "other".
    prometheus::Counter& http_requests(std::string_view method, std::string_view path, int status);
    prometheus::Histogram& http_request_seconds(std::string_view method, std::string_view path);

    /// `route` is "GET /v1/files/{id}" or "unmatched".
    prometheus::Counter& http_requests(std::string_view route, int status);
    prometheus::Histogram& http_request_seconds(std::string_view route);

    /// `type` is select, insert, update, delete, tx or other.
    prometheus::Histogram& db_query_seconds(
        std::string_view query, std::string_view type = "other"
    );

    /// The series of a room, made where the room is: `help` is one sentence, `labels` are in the
    /// order of their names. The same name and labels give the same series again. Names are those
    /// of requirements.md, section 9. A name that is no metric's throws std::invalid_argument.
    using Labels = std::map<std::string, std::string>;
    prometheus::Counter& counter(std::string name, std::string help, Labels labels = {});
    prometheus::Gauge& gauge(std::string name, std::string help, Labels labels = {});
    /// In seconds, with the edges of MET-2.
    prometheus::Histogram& histogram(std::string name, std::string help, Labels labels = {});
    /// For what takes minutes: edges of its own, each greater than the one before.
    prometheus::Histogram& histogram(
        std::string name, std::string help, Labels labels, std::vector<double> edges
    );

    /// Remembers a trace as the example of the bucket into which `seconds` fall, for OpenMetrics.
    /// Only for traces that are kept: one that was not can not be looked at. Takes a lock.
    void give_example(
        const prometheus::Histogram& histogram, double seconds, trace::TraceId trace, WallTime now
    );

    /// Asks `source` at each scrape, on whichever thread that is, while it lives: for what is
    /// counted too often for a counter of this page. It names and bounds its series itself.
    void collect_also(const std::weak_ptr<prometheus::Collectable>& source);

    HttpTotals http_totals() const;

    /// The page in the form and encoding that the two request headers prefer ("" for an absent
    /// one): text 0.0.4 or OpenMetrics 1.0.0, plain or gzip. Takes some milliseconds.
    Scrape scrape(std::string_view accept, std::string_view accept_encoding) const;

    /// The text format of Prometheus, version 0.0.4.
    std::string text() const;

    /// The same, only of `names` ("a,b"), and what came over HTTP as the sum of all routes, with
    /// "2xx", "4xx" and "5xx" as its statuses: for who asks many nodes often and wants no more.
    std::string brief(std::string_view names) const;

private:
    struct Parts;

    std::vector<prometheus::MetricFamily> collect() const;

    std::unique_ptr<Parts> parts_;
};

}  // namespace acme
