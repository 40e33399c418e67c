#pragma once

/// Metrics: every series of the process is made here, so that one page shows them all.
///
/// Label values come from closed sets (routes, statement names, job kinds, statuses), never from
/// input: each new value is memory in every scrape for ever. Looking a series up takes a lock and
/// 200 ns, so callers keep the reference; using one takes about 20 ns and is safe on any thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace acme {

class Metrics {
public:
    Metrics();
    ~Metrics();

    prometheus::Counter& http_requests(std::string_view route, int status);
    prometheus::Histogram& http_request_seconds(std::string_view route);
    prometheus::Histogram& db_query_seconds(std::string_view query);
    prometheus::Counter& jobs(std::string_view kind, std::string_view outcome);
    prometheus::Counter& traces_dropped();

    /// The series of a room, made where the room is: `help` is one sentence, `labels` are in the
    /// order of their names. The same name and labels give the same series again. Names are those
    /// of requirements.md, section 9.
    using Labels = std::map<std::string, std::string>;
    prometheus::Counter& counter(std::string name, std::string help, Labels labels = {});
    prometheus::Gauge& gauge(std::string name, std::string help, Labels labels = {});
    /// In seconds, with the edges of MET-2.
    prometheus::Histogram& histogram(std::string name, std::string help, Labels labels = {});

    /// The text format of Prometheus, version 0.0.4.
    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace acme
