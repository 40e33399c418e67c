#include "operate/metrics/render.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace acme::metrics {
namespace {

constexpr int operations_port = 9090;

/// JSON's strings are YAML's, too.
std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string socket_address(const std::string& address) {
    const bool is_ipv6 = address.find(':') != address.npos;
    return (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(operations_port);
}

std::string seconds_of(std::chrono::seconds time) { return std::to_string(time.count()) + "s"; }

std::string tls_of(const ClientCertificate& own) {
    if (own.certificate.empty()) return "";
    return "    scheme: https\n"
           "    tls_config:\n"
           "      ca_file: " +
           quoted(own.ca) + "\n      cert_file: " + quoted(own.certificate) +
           "\n      key_file: " + quoted(own.key) + "\n      min_version: TLS13\n";
}

}  // namespace

std::vector<Target> targets_of(const deploy::Fleet& fleet) {
    constexpr std::array roles = {"serve", "worker", "scheduler"};
    std::vector<Target> targets;
    for (const deploy::Machine& machine : fleet.machines) {
        const bool is_scraped =
            std::ranges::any_of(roles, [&](const char* role) { return machine.has_role(role); });
        if (!is_scraped) continue;
        std::string environment = machine.environment;
        if (environment.empty() && !fleet.environments.empty()) {
            environment = fleet.environments.front().name;
        }
        targets.push_back({machine.name, std::move(environment), machine.address});
    }
    return targets;
}

std::string render_prometheus(const std::vector<Target>& targets, const Options& options) {
    std::string text =
        "# Written by acme metrics render prometheus.\n"
        "global:\n"
        "  scrape_interval: ";
    text.append(seconds_of(options.interval));
    text.append("\n  scrape_timeout: 4s\n  evaluation_interval: ");
    text.append(seconds_of(options.interval));
    text.append("\nrule_files:\n  - ").append(quoted(options.rules_file));
    text.append("\nscrape_configs:\n  - job_name: acme\n").append(tls_of(options.certificate));
    text.append("    static_configs:").append(targets.empty() ? " []\n" : "\n");
    for (const Target& target : targets) {
        text.append("      - targets: [").append(quoted(socket_address(target.address)));
        text.append("]\n        labels: {node: ").append(quoted(target.node));
        text.append(", environment: ").append(quoted(target.environment)).append("}\n");
    }
    return text;
}

std::string render_rules() {
    struct Quantile {
        std::string_view name;
        std::string_view share;
    };
    constexpr std::array<Quantile, 3> quantiles = {
        {{"p50", "0.5"}, {"p95", "0.95"}, {"p99", "0.99"}}
    };
    std::string text =
        "# Written by acme metrics render rules.\n"
        "groups:\n"
        "  - name: acme\n"
        "    rules:\n";
    for (const auto& [name, share] : quantiles) {
        text.append("      - record: acme:http_request_duration_seconds:").append(name);
        text.append("\n        expr: histogram_quantile(").append(share);
        text.append(", sum by (environment, le) (rate(http_request_duration_seconds_bucket[1m])))\n"
        );
    }
    return text;
}

}  // namespace acme::metrics
