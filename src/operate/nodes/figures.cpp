#include "operate/nodes/figures.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::nodes {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds window{60};
constexpr std::chrono::hours peak_kept{24};

double number_at(const json::object& object, std::string_view key) {
    const json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

json::value or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

Dependency to_dependency(const json::object& object) {
    Dependency dependency{
        .name = text_at(object, "name"),
        .kind = text_at(object, "kind"),
        .state = text_at(object, "state"),
        .detail = text_at(object, "detail"),
    };
    const json::value* const latency = object.if_contains("latency_ms");
    if (latency != nullptr && latency->is_number())
        dependency.latency_ms = latency->to_number<double>();
    return dependency;
}

}  // namespace

void Traffic::add(const Traffic& other) {
    seconds = std::max(seconds, other.seconds);
    totals.requests += other.totals.requests;
    totals.errors += other.totals.errors;
    for (std::size_t i = 0; i < totals.buckets.size(); ++i) {
        totals.buckets[i] += other.totals.buckets[i];
    }
}

std::optional<double> Traffic::requests_per_second() const {
    if (seconds < 0.5) return std::nullopt;
    return totals.requests / seconds;
}

std::optional<double> Traffic::error_ratio() const {
    if (totals.requests <= 0) return std::nullopt;
    return totals.errors / totals.requests;
}

std::optional<double> Traffic::quantile_ms(double share) const {
    double all = 0;
    for (double count : totals.buckets) all += count;
    if (all <= 0) return std::nullopt;
    const double wanted = share * all;
    double below = 0;
    for (std::size_t i = 0; i < seconds_edges.size(); ++i) {
        const double count = totals.buckets[i];
        if (count > 0 && below + count >= wanted) {
            const double low = i == 0 ? 0 : seconds_edges[i - 1];
            return (low + (seconds_edges[i] - low) * (wanted - below) / count) * 1e3;
        }
        below += count;
    }
    return seconds_edges.back() * 1e3;
}

void Window::add(SteadyTime now, const HttpTotals& totals) {
    samples_.push_back({now, totals});
    // One that is a minute old stays as the window's beginning.
    while (samples_.size() > 2 && now - samples_[1].at >= window) samples_.pop_front();
}

Traffic Window::traffic() const {
    if (samples_.empty()) return {};
    const Sample& first = samples_.front();
    const Sample& last = samples_.back();
    Traffic traffic{
        .seconds = std::chrono::duration<double>(last.at - first.at).count(), .totals = last.totals
    };
    traffic.totals.requests -= first.totals.requests;
    traffic.totals.errors -= first.totals.errors;
    for (std::size_t i = 0; i < traffic.totals.buckets.size(); ++i) {
        traffic.totals.buckets[i] -= first.totals.buckets[i];
    }
    return traffic;
}

void CpuPeak::add(SteadyTime now, double cpu_seconds) {
    if (!begun_) begun_ = {now, cpu_seconds};
    if (now - begun_->first < window) return;
    const std::chrono::duration<double> time = now - begun_->first;
    const double cores = (cpu_seconds - begun_->second) / time.count();
    begun_ = {now, cpu_seconds};
    while (!minutes_.empty() && minutes_.back().cores <= cores) minutes_.pop_back();
    minutes_.push_back({now, cores});
    while (now - minutes_.front().end >= peak_kept) minutes_.pop_front();
}

std::optional<double> CpuPeak::cores() const {
    if (minutes_.empty()) return std::nullopt;
    return minutes_.front().cores;
}

std::string to_json(const Figures& figures) {
    json::array buckets;
    for (double count : figures.traffic.totals.buckets) buckets.emplace_back(count);
    json::array dependencies;
    for (const Dependency& dependency : figures.dependencies) {
        dependencies.push_back({
            {"name", dependency.name},
            {"kind", dependency.kind},
            {"state", dependency.state},
            {"latency_ms", or_null(dependency.latency_ms)},
            {"detail", dependency.detail},
        });
    }
    return json::serialize(json::object{
        {"seconds", figures.traffic.seconds},
        {"requests", figures.traffic.totals.requests},
        {"errors", figures.traffic.totals.errors},
        {"buckets", std::move(buckets)},
        {"in_flight", figures.in_flight},
        {"memory_bytes", figures.memory_bytes},
        {"cpu_share", figures.cpu_share},
        {"leads", figures.leads},
        {"dependencies", std::move(dependencies)},
    });
}

Figures parse_figures(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    Figures figures;
    if (error || !value.is_object()) return figures;
    const json::object& object = value.get_object();
    figures.traffic.seconds = number_at(object, "seconds");
    figures.traffic.totals.requests = number_at(object, "requests");
    figures.traffic.totals.errors = number_at(object, "errors");
    figures.in_flight = static_cast<std::int64_t>(number_at(object, "in_flight"));
    figures.memory_bytes = static_cast<std::int64_t>(number_at(object, "memory_bytes"));
    figures.cpu_share = number_at(object, "cpu_share");
    const json::value* const leads = object.if_contains("leads");
    figures.leads = leads != nullptr && leads->is_bool() && leads->get_bool();
    auto& counts = figures.traffic.totals.buckets;
    const json::value* const buckets = object.if_contains("buckets");
    if (buckets != nullptr && buckets->is_array() && buckets->get_array().size() == counts.size()) {
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const json::value& count = buckets->get_array()[i];
            if (count.is_number()) counts[i] = count.to_number<double>();
        }
    }
    const json::value* const dependencies = object.if_contains("dependencies");
    if (dependencies != nullptr && dependencies->is_array()) {
        for (const json::value& each : dependencies->get_array()) {
            if (each.is_object()) figures.dependencies.push_back(to_dependency(each.get_object()));
        }
    }
    return figures;
}

}  // namespace acme::nodes
