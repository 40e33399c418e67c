#include "operate/judge/judge.hpp"

#include <boost/json/array.hpp>

namespace acme::judge {
namespace {

namespace json = boost::json;

json::value or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

std::optional<double> millis(const std::optional<double>& seconds) {
    if (!seconds) return std::nullopt;
    return *seconds * 1e3;
}

json::object json_of(const Window& window) {
    const auto requests = static_cast<double>(std::max<std::int64_t>(window.users.requests, 1));
    return {
        {"seconds", window.seconds},
        {"nodes", window.nodes},
        {"requests", window.users.requests},
        {"errors", window.users.errors},
        {"error_ratio", window.users.ratio()},
        {"answers_4xx_ratio", static_cast<double>(window.answers_4xx) / requests},
        {"p50_ms", or_null(millis(window.latency.quantile(0.5)))},
        {"p95_ms", or_null(millis(window.latency.quantile(0.95)))},
        {"p99_ms", or_null(millis(window.latency.quantile(0.99)))},
        {"cpu_ms_per_request", window.cpu_per_request() * 1e3},
        {"cpu_seconds", window.cpu_seconds},
        {"memory_bytes", window.memory_bytes},
        {"memory_limit_bytes", window.memory_limit},
        {"pool_share", window.pool_share},
        {"restarts", window.restarts},
    };
}

json::object json_of(const Probes& probes) {
    return {
        {"requests", probes.counts.requests},
        {"errors", probes.counts.errors},
        {"ready_failures", probes.ready_failures},
        {"wrong_release", probes.wrong_release},
        {"last_failure", probes.last_failure},
    };
}

json::object json_of(const Verdict& verdict) {
    return {
        {"name", verdict.check},
        {"canary", verdict.value},
        {"stable", or_null(verdict.stable)},
        {"limit", verdict.limit},
        {"share_of_limit", verdict.share_of_limit()},
        {"requests", verdict.requests},
        {"verdict", text(verdict.outcome)},
        {"reason", verdict.reason},
    };
}

json::array json_of(const std::vector<std::string>& words) {
    json::array list;
    for (const std::string& word : words) list.emplace_back(word);
    return list;
}

}  // namespace

json::object Report::json() const {
    json::array list;
    for (const Verdict& verdict : checks) list.push_back(json_of(verdict));
    json::object canary_json = json_of(canary.whole);
    canary_json["probe"] = json_of(canary.probes_whole);
    return {
        {"share", share},
        {"weight_share", weight_share},
        {"canary", std::move(canary_json)},
        {"canary_minute", json_of(canary.minute)},
        {"stable", json_of(stable)},
        {"stable_minute", json_of(stable_minute)},
        {"canary_five_minutes", json_of(canary_five_minutes)},
        {"stable_five_minutes", json_of(stable_five_minutes)},
        {"now", json_of(now)},
        {"checks", std::move(list)},
        {"mute", json_of(mute)},
    };
}

json::object SiteReport::json() const {
    json::object each;
    for (const auto& [name, counts] : nodes) {
        each[name] = json::object{{"requests", counts.requests}, {"errors", counts.errors}};
    }
    return {
        {"share", 1.0},
        {"site", json_of(site)},
        {"site_five_minutes", json_of(site_five_minutes)},
        {"alone", watched.alone ? json::value(*watched.alone) : json::value(nullptr)},
        {"nodes", std::move(each)},
        {"now", json_of(watched.site)},
        {"checks", json::array{json_of(watched.site)}},
        {"mute", json_of(mute)},
    };
}

}  // namespace acme::judge
