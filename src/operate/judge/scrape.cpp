#include "operate/judge/scrape.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace acme::judge {
namespace {

constexpr double value_max = 1e12;  // so that no sum of a page leaves 64 bits
constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds answer_time_max{2'000};

constexpr std::string_view wanted =
    "acme_build_info,db_connections_active,db_connections_max,http_request_duration_seconds,"
    "http_requests_total,process_cpu_limit_cores,process_cpu_peak_cores,process_cpu_seconds_total,"
    "process_memory_limit_bytes,"
    "process_resident_memory_bytes,process_start_time_seconds";

std::optional<double> number_in(std::string_view text) {
    if (text == "+Inf") return HUGE_VAL;
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// Takes `name="value"` and what follows it from the front.
bool take_label(std::string_view& rest, Series& series) {
    const auto equals = rest.find("=\"");
    if (equals == rest.npos || equals == 0) return false;
    std::string value;
    std::size_t at = equals + 2;
    for (; at < rest.size() && rest[at] != '"'; ++at) {
        if (rest[at] == '\\' && at + 1 < rest.size()) {
            ++at;
            value += rest[at] == 'n' ? '\n' : rest[at];
        } else {
            value += rest[at];
        }
    }
    if (at >= rest.size()) return false;
    series.labels.insert_or_assign(std::string(rest.substr(0, equals)), std::move(value));
    rest.remove_prefix(at + 1);
    if (rest.starts_with(',')) rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    return true;
}

std::string_view label(const Series& series, std::string_view name) {
    const auto found = series.labels.find(name);
    return found == series.labels.end() ? std::string_view() : std::string_view(found->second);
}

bool is_operations(const Series& series) {
    const std::string_view path = label(series, "path");
    return path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/buildinfo" ||
           path.starts_with("/internal/");
}

/// By the edges of others, each of whose buckets counts as being where its upper end is.
void put(Latency& latency, const std::map<double, double>& cumulative) {
    double below = 0;
    for (const auto& [edge, count] : cumulative) {
        const auto at = std::ranges::lower_bound(seconds_edges, edge - 1e-9);
        const auto bucket = static_cast<std::size_t>(at - seconds_edges.begin());
        latency.buckets[bucket] += std::max(count - below, 0.0);
        below = std::max(below, count);
    }
}

class Reader {
public:
    void take(const Series& series) {
        if (!(series.value >= 0 && series.value <= value_max)) return;
        const std::string_view name = series.name;
        if (name == "http_requests_total" && !is_operations(series)) {
            const std::string_view status = label(series, "status");
            counters_.requests += series.value;
            if (status.starts_with('5')) counters_.errors += series.value;
            if (status.starts_with('4')) counters_.answers_4xx += series.value;
        }
        if (name == "http_request_duration_seconds_bucket" && !is_operations(series)) {
            if (const auto edge = number_in(label(series, "le"))) edges_[*edge] += series.value;
        }
        if (name == "process_cpu_seconds_total") counters_.cpu_seconds = series.value;
        if (name == "process_cpu_peak_cores") counters_.cpu_peak = series.value;
        if (name == "process_cpu_limit_cores") counters_.cpu_limit = series.value;
        if (name == "process_resident_memory_bytes") counters_.memory_bytes = series.value;
        if (name == "process_memory_limit_bytes") counters_.memory_limit = series.value;
        if (name == "process_start_time_seconds") counters_.start_seconds = series.value;
        if (name == "acme_build_info") counters_.release = label(series, "release");
        if (name == "db_connections_active") active_[label_of(series)] += series.value;
        if (name == "db_connections_max") max_[label_of(series)] += series.value;
    }

    NodeCounters finish() {
        put(counters_.latency, edges_);
        for (const auto& [pool, most] : max_) {
            if (most > 0) {
                counters_.pool_share = std::max(counters_.pool_share, active_[pool] / most);
            }
        }
        return std::move(counters_);
    }

private:
    static std::string label_of(const Series& series) { return std::string(label(series, "pool")); }

    NodeCounters counters_;
    std::map<double, double> edges_;  // cumulative, of all routes
    std::map<std::string, double> active_;
    std::map<std::string, double> max_;
};

}  // namespace

std::optional<Series> parse_series(std::string_view line) {
    if (line.empty() || line.starts_with('#')) return std::nullopt;
    const auto end = line.find_first_of("{ ");
    if (end == line.npos || end == 0) return std::nullopt;
    Series series{.name = line.substr(0, end), .labels = {}};
    std::string_view rest = line.substr(end);
    if (rest.starts_with('{')) {
        rest.remove_prefix(1);
        while (!rest.starts_with('}')) {
            if (!take_label(rest, series)) return std::nullopt;
        }
        rest.remove_prefix(1);
    }
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const auto value = number_in(rest.substr(0, rest.find(' ')));
    if (!value) return std::nullopt;
    series.value = *value;
    return series;
}

NodeCounters read_metrics(std::string_view text) {
    Reader reader;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (const auto series = parse_series(line)) reader.take(*series);
    }
    return reader.finish();
}

Task<std::optional<NodeCounters>> scrape(
    fetch::Client& client, trace::Context context, std::string address
) {
    try {
        fetch::Request request{
            .name = "judge.scrape",
            .url = "http://" + address + "/metrics?sum=routes&names=" + std::string(wanted),
            .connect_time_max = answer_time_max,
            .answer_time_max = answer_time_max,
            .silence_time_max = answer_time_max,
            .sends_trace = true,
        };
        fetch::Response response = co_await client.send(context, std::move(request));
        const std::string page = co_await response.read_all(page_bytes_max);
        if (response.status() != 200) co_return std::nullopt;
        co_return read_metrics(page);
    } catch (const fetch::Fault&) {
        co_return std::nullopt;  // the balancer sees it too, and counts
    }
}

}  // namespace acme::judge
