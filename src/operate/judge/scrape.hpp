#pragma once

/// What a node counts of itself, from its /metrics (C-16). Also those of applications that are not
/// ours, as long as they use the usual names.
///
/// Source: prometheus.io, "Exposition formats", text 0.0.4.

#include "io/fetch/fetch.hpp"
#include "operate/judge/rules.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace acme::judge {

/// One line of the text.
struct Series {
    std::string_view name;
    std::map<std::string, std::string, std::less<>> labels;
    double value = 0;
};

/// nullopt for a comment and for what is no such line. The name is part of `line`.
std::optional<Series> parse_series(std::string_view line);

/// What a process showed at one moment. Counters since it began.
struct NodeCounters {
    double requests = 0;  // without health checks and scrapes
    double errors = 0;
    double answers_4xx = 0;
    Latency latency;
    double cpu_seconds = 0;
    double cpu_peak = 0;   // cores, in its busiest minute; 0 when it does not say
    double cpu_limit = 0;  // cores that it may use; likewise
    double memory_bytes = 0;
    double memory_limit = 0;   // 0 when it does not say
    double pool_share = 0;     // of its busiest pool
    double start_seconds = 0;  // since 1970; another one is another process
    std::string release = "";  // acme_build_info
};

NodeCounters read_metrics(std::string_view text);

/// Asks `http://<address>/metrics`, only for what is read here and summed over its routes; a node
/// that cannot choose sends all. nullopt when it does not answer as it should.
Task<std::optional<NodeCounters>> scrape(
    fetch::Client& client, trace::Context context, std::string address
);

}  // namespace acme::judge
