#pragma once

/// Prometheus's configuration as a pure function of whom it shall scrape. Nothing here runs one.
///
/// Source: prometheus.io, "Configuration" and "Recording rules"; promtool holds the test to both.

#include "operate/deploy/fleet.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace acme::metrics {

/// One that answers on the operations port.
struct Target {
    std::string node;         // "app-1"
    std::string environment;  // "production"
    std::string address;      // without the port

    friend bool operator==(const Target&, const Target&) = default;
};

/// A certificate of the scraper's own and whom it trusts, as paths on its machine. All or none.
struct ClientCertificate {
    std::string ca;
    std::string certificate;
    std::string key;
};

struct Options {
    std::chrono::seconds interval{15};
    std::string rules_file = "acme.rules.yml";
    ClientCertificate certificate = {};
};

/// Shorter while a release is being rolled out, so that a canary is seen in time.
inline constexpr std::chrono::seconds release_interval{5};

/// Every machine that serves, works or schedules; those of an environment without a name of its own
/// belong to the only one that there is.
std::vector<Target> targets_of(const deploy::Fleet& fleet);

/// A whole prometheus.yml; each node has the labels `node` and `environment`.
std::string render_prometheus(const std::vector<Target>& targets, const Options& options);

/// The file of rules: acme:http_request_duration_seconds:p50, :p95 and :p99 of each environment,
/// over a minute, as the judge computes them.
std::string render_rules();

}  // namespace acme::metrics
