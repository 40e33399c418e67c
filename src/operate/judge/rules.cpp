#include "operate/judge/rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

namespace acme::judge {
namespace {

constexpr double z = 2.3263478740408408;  // of the normal distribution, one-sided 99 %
constexpr double p_max = 0.01;
constexpr std::size_t slope_points_min = 6;
constexpr double slope_growth_min = 0.05;  // of what it uses; a cache that fills is no leak

std::string percent(double share) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.2f %%", share * 100);
    return number;
}

std::string millis(double seconds) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.1f ms", seconds * 1e3);
    return number;
}

std::string of(Counts counts) {
    return std::to_string(counts.errors) + " of " + std::to_string(counts.requests);
}

/// Why an error ratio counts as above the limit before its time is over.
std::string beyond_doubt(Counts counts) {
    const double lower =
        wilson_lower(static_cast<double>(counts.errors), static_cast<double>(counts.requests));
    return of(counts) + " failed: " + percent(counts.ratio()) + ", at least " + percent(lower) +
           " beyond doubt; the limit is " + percent(limits.error_ratio);
}

Verdict judged(Verdict verdict, bool is_broken) {
    verdict.outcome = is_broken ? Outcome::fail : Outcome::pass;
    return verdict;
}

Verdict failed(std::string check, std::string reason) {
    return {.check = std::move(check), .outcome = Outcome::fail, .reason = std::move(reason)};
}

/// t of one-sided 99 % for few degrees of freedom. Source: Cornish and Fisher's expansion,
/// Abramowitz and Stegun 26.7.5.
double t_quantile(double freedom) {
    const double z3 = z * z * z;
    return z + (z3 + z) / (4 * freedom) +
           (5 * z3 * z * z + 16 * z3 + 3 * z) / (96 * freedom * freedom);
}

/// The lower end of the slope of a line through the points, in bytes a second.
double slope_lower(std::span<const MemoryPoint> points) {
    const auto n = static_cast<double>(points.size());
    double x = 0;
    double y = 0;
    for (const MemoryPoint& point : points) {
        x += point.seconds / n;
        y += point.bytes / n;
    }
    double xx = 0;
    double xy = 0;
    for (const MemoryPoint& point : points) {
        xx += (point.seconds - x) * (point.seconds - x);
        xy += (point.seconds - x) * (point.bytes - y);
    }
    if (xx <= 0) return 0;
    const double slope = xy / xx;
    double rest = 0;
    for (const MemoryPoint& point : points) {
        const double off = point.bytes - y - slope * (point.seconds - x);
        rest += off * off;
    }
    return slope - t_quantile(n - 2) * std::sqrt(rest / (n - 2) / xx);
}

Verdict error_ratio(std::string check, Counts counts, std::int64_t requests_min) {
    Verdict verdict{
        .check = std::move(check),
        .reason = of(counts) + " failed: " + percent(counts.ratio()),
        .value = counts.ratio(),
        .limit = limits.error_ratio,
        .requests = counts.requests,
    };
    if (counts.requests < requests_min) {
        verdict.reason = "only " + std::to_string(counts.requests) + " requests";
        return verdict;
    }
    return judged(std::move(verdict), counts.ratio() > limits.error_ratio);
}

/// For what exceeds().
Verdict stopped(std::string check, Counts counts, const std::string& example = "") {
    Verdict verdict = error_ratio(std::move(check), counts, 0);
    verdict.reason = beyond_doubt(counts) + (example.empty() ? "" : "; the last: " + example);
    return judged(std::move(verdict), true);
}

std::string by(const Window& window) {
    return window.last_end.empty() ? "" : " by " + window.last_end;
}

Verdict excess(std::string check, Counts canary, Counts stable, double excess_max) {
    const double over = canary.ratio() - stable.ratio();
    const double p = p_higher(canary, stable);
    Verdict verdict{
        .check = std::move(check),
        .reason = percent(canary.ratio()) + " against " + percent(stable.ratio()) + " of stable",
        .value = canary.ratio(),
        .limit = stable.ratio() + excess_max,
        .stable = stable.ratio(),
        .requests = canary.requests,
    };
    return judged(std::move(verdict), over > excess_max && p < p_max);
}

Verdict p99(const Window& canary, const Window& stable) {
    const double own = canary.latency.quantile(0.99).value_or(0);
    const auto other = stable.latency.quantile(0.99);
    double limit = limits.p99_seconds_max;
    if (other) limit = std::min(limit, limits.p99_factor * *other + limits.p99_seconds_more);
    const double requests = canary.latency.total();
    Verdict verdict{
        .check = "p99",
        .reason = millis(own) + ", limit " + millis(limit),
        .value = own,
        .limit = limit,
        .stable = other,
        .requests = static_cast<std::int64_t>(requests),
    };
    if (requests < static_cast<double>(limits.requests_min)) return judged(verdict, false);
    // p99 is above the limit when more than 1 % of the requests are, and of few requests one is.
    return judged(verdict, wilson_lower(canary.latency.above(limit), requests) > 0.01);
}

/// What a node uses by itself is allowed for: a canary gets a twentieth of the requests, so by the
/// request its idle time alone would look like a fault.
Verdict cpu(const Window& canary, const Window& stable) {
    const double idle = limits.cpu_idle_cores * canary.seconds * std::max(canary.nodes, 1);
    const auto requests = static_cast<double>(canary.users.requests);
    Verdict verdict{.check = "cpu", .requests = canary.users.requests};
    if (stable.nodes == 0 || stable.seconds <= 0) {
        verdict.reason = "no stable node to compare with";
        return judged(verdict, false);
    }
    if (canary.users.requests < limits.requests_min ||
        stable.users.requests < limits.requests_min) {
        const double node = stable.cpu_seconds / stable.nodes * canary.seconds / stable.seconds;
        verdict.value = canary.cpu_seconds / std::max(canary.seconds, 1.0);
        verdict.limit = (limits.cpu_factor * node + idle) / std::max(canary.seconds, 1.0);
        verdict.stable = node / std::max(canary.seconds, 1.0);
        verdict.reason = percent(verdict.value) + " of a core, limit " + percent(verdict.limit);
        return judged(verdict, verdict.value > verdict.limit);
    }
    verdict.value = canary.cpu_per_request();
    verdict.stable = stable.cpu_per_request();
    verdict.limit = limits.cpu_factor * stable.cpu_per_request() + idle / requests;
    verdict.reason = millis(verdict.value) + " a request, limit " + millis(verdict.limit);
    return judged(verdict, verdict.value > verdict.limit);
}

Verdict memory(const Window& canary, double share_max) {
    const bool is_known = canary.memory_limit > 0;
    const double share = is_known ? canary.memory_bytes / canary.memory_limit : 0;
    Verdict verdict{.check = "memory", .value = share, .limit = share_max};
    verdict.reason = is_known ? percent(share) + " of its limit" : "it has no limit";
    verdict.requests = canary.users.requests;
    return judged(verdict, share > share_max);
}

/// By the second half: a program that has just started grows without a leak.
Verdict memory_slope(const Seen& canary) {
    Verdict verdict{.check = "memory_slope", .limit = 1, .requests = canary.whole.users.requests};
    const std::span<const MemoryPoint> all(canary.memory);
    const auto half = all.subspan(all.size() / 2);
    if (canary.whole.memory_limit <= 0 || half.size() < slope_points_min) {
        verdict.reason = "too little to say";
        return judged(verdict, false);
    }
    const double slope = slope_lower(half);
    const double time = half.back().seconds - half.front().seconds;
    const double then = half.back().bytes + slope * limits.memory_hours * 3600;
    verdict.value = std::max(then, 0.0) / canary.whole.memory_limit;
    verdict.reason = percent(verdict.value) + " of its limit in 24 h, as it grows";
    const bool is_material = slope * time > slope_growth_min * half.front().bytes;
    return judged(verdict, is_material && verdict.value >= 1);
}

Verdict pool(const Window& canary) {
    Verdict verdict{.check = "pool", .value = canary.pool_share, .limit = limits.pool};
    verdict.reason = percent(canary.pool_share) + " of the busiest pool";
    verdict.requests = canary.users.requests;
    return judged(verdict, canary.pool_share > limits.pool);
}

}  // namespace

std::string_view text(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass: return "pass";
        case Outcome::fail: return "fail";
        case Outcome::inconclusive: return "inconclusive";
    }
    return "";
}

double Latency::total() const {
    double sum = 0;
    for (const double count : buckets) sum += count;
    return sum;
}

double Latency::above(double seconds) const {
    double sum = buckets.back();
    double low = 0;
    for (std::size_t i = 0; i < seconds_edges.size(); ++i) {
        const double high = seconds_edges[i];
        const double share = std::clamp((high - seconds) / (high - low), 0.0, 1.0);
        sum += share * buckets[i];
        low = high;
    }
    return sum;
}

std::optional<double> Latency::quantile(double share) const {
    const double all = total();
    if (all <= 0) return std::nullopt;
    double below = 0;
    double low = 0;
    for (std::size_t i = 0; i < seconds_edges.size(); ++i) {
        if (buckets[i] > 0 && below + buckets[i] >= share * all) {
            return low + (seconds_edges[i] - low) * (share * all - below) / buckets[i];
        }
        below += buckets[i];
        low = seconds_edges[i];
    }
    return seconds_edges.back();
}

void Latency::add(const Latency& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
}

double Window::cpu_per_request() const {
    return users.requests > 0 ? cpu_seconds / static_cast<double>(users.requests) : 0;
}

double wilson_lower(double errors, double requests) {
    if (requests <= 0 || errors <= 0) return 0;  // exactly, so that none can be compared with none
    const double p = errors / requests;
    const double zz = z * z / requests;
    return (p + zz / 2 - z * std::sqrt(p * (1 - p) / requests + zz / requests / 4)) / (1 + zz);
}

double p_higher(Counts a, Counts b) {
    if (a.requests <= 0 || b.requests <= 0) return 1;
    const auto na = static_cast<double>(a.requests);
    const auto nb = static_cast<double>(b.requests);
    const double pooled = static_cast<double>(a.errors + b.errors) / (na + nb);
    const double error = std::sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb));
    if (error <= 0) return 1;  // all good, or all bad
    return std::erfc((a.ratio() - b.ratio()) / error / std::sqrt(2.0)) / 2;
}

Counts worse(Counts a, Counts b) {
    const auto lower = [](Counts counts) {
        return wilson_lower(
            static_cast<double>(counts.errors), static_cast<double>(counts.requests)
        );
    };
    if (lower(a) == lower(b)) return a.requests >= b.requests ? a : b;
    return lower(a) > lower(b) ? a : b;
}

bool exceeds(Counts counts) {
    return counts.requests >= limits.abort_requests_min &&
           counts.errors >= limits.abort_errors_min &&
           wilson_lower(static_cast<double>(counts.errors), static_cast<double>(counts.requests)) >
               limits.error_ratio;
}

Verdict abort_now(const Seen& canary) {
    const Probes& probes = canary.probes_whole;
    if (canary.whole.was_out_of_memory) {
        return failed("memory", "it ran out of memory and was ended" + by(canary.whole));
    }
    if (canary.whole.restarts > 0) {
        return failed("restart", "its process ended" + by(canary.whole) + " and was started again");
    }
    if (probes.wrong_release > 0) {
        return failed(
            "release",
            probes.said_release.empty() ? "it says that another release runs there"
                                        : "it says that it is " + probes.said_release
        );
    }
    if (probes.ready_failures > limits.ready_failures_max) {
        return failed(
            "ready",
            "/readyz failed " + std::to_string(probes.ready_failures) + " times in a row" +
                (probes.unready.empty() ? "" : "; the last time " + probes.unready)
        );
    }
    if (Verdict full = memory(canary.whole, limits.memory_abort); full.outcome == Outcome::fail) {
        return full;
    }
    for (const Counts& counts : {canary.minute.users, canary.whole.users}) {
        if (exceeds(counts)) return stopped("error_ratio", counts);
    }
    for (const Counts& counts : {canary.probes_minute.counts, probes.counts}) {
        if (exceeds(counts)) return stopped("probe", counts, probes.last_failure);
    }
    const bool is_silent = canary.whole.users.requests == 0 && probes.counts.requests == 0;
    Verdict verdict = error_ratio("error_ratio", canary.whole.users, 0);
    if (is_silent) verdict.outcome = Outcome::inconclusive;
    if (is_silent) verdict.reason = "nothing was seen yet";
    if (!is_silent) verdict.outcome = Outcome::pass;  // not beyond doubt
    return verdict;
}

std::vector<Verdict> end_of_window(
    const Seen& canary, const Window& stable, const std::vector<std::string>& alerts
) {
    const Window& own = canary.whole;
    const bool has_users = own.users.requests >= limits.requests_min;
    const Counts probes = canary.probes_whole.counts;
    const Counts deciding = has_users ? own.users : probes;
    const std::int64_t wanted = has_users ? limits.requests_min : limits.probes_min;
    const Counts own_4xx{own.users.requests, has_users ? own.answers_4xx : 0};
    const Counts stable_4xx{stable.users.requests, stable.answers_4xx};
    std::vector<Verdict> verdicts;
    if (Verdict now = abort_now(canary); now.outcome == Outcome::fail) verdicts.push_back(now);
    verdicts.push_back(error_ratio("error_ratio", deciding, wanted));
    verdicts.push_back(excess("error_excess", deciding, stable.users, limits.error_excess));
    verdicts.push_back(excess("answers_4xx", own_4xx, stable_4xx, limits.answers_4xx_excess));
    verdicts.push_back(p99(own, stable));
    verdicts.push_back(cpu(own, stable));
    verdicts.push_back(memory(own, limits.memory_end));
    verdicts.push_back(memory_slope(canary));
    verdicts.push_back(pool(own));
    if (has_users) verdicts.push_back(error_ratio("probe", probes, 0));
    Verdict silence{.check = "alerts", .value = static_cast<double>(alerts.size())};
    for (const std::string& alert : alerts) {
        silence.reason += (silence.reason.empty() ? "" : ", ") + alert;
    }
    verdicts.push_back(judged(std::move(silence), !alerts.empty()));
    return verdicts;
}

Verdict conclude(const std::vector<Verdict>& verdicts) {
    for (const Outcome outcome : {Outcome::fail, Outcome::inconclusive}) {
        const auto found = std::ranges::find(verdicts, outcome, &Verdict::outcome);
        if (found != verdicts.end()) return *found;
    }
    if (verdicts.empty()) return {.check = "none", .reason = "nothing was judged"};
    return verdicts.front();
}

Watched watch(
    const std::map<std::string, Counts>& minute, const std::map<std::string, Counts>& whole
) {
    Watched watched;
    for (const auto* const nodes : {&minute, &whole}) {
        Counts site;
        for (const auto& [name, counts] : *nodes) site += counts;
        watched.site = error_ratio("site", site, 1);
        if (watched.site.outcome == Outcome::fail) watched.site.outcome = Outcome::pass;
        const auto worst = std::ranges::max_element(*nodes, {}, [](const auto& node) {
            return node.second.ratio();
        });
        if (nodes->size() > 1 && worst->second.errors > 0) {
            const Counts rest{
                site.requests - worst->second.requests, site.errors - worst->second.errors
            };
            const bool rest_is_well = rest.requests > 0 && rest.ratio() <= limits.error_ratio;
            if (rest_is_well && exceeds(worst->second)) watched.alone = worst->first;
            if (rest_is_well) continue;
        }
        if (!exceeds(site)) continue;
        watched.site = stopped("site", site);
        watched.alone = std::nullopt;
        return watched;
    }
    return watched;
}

}  // namespace acme::judge
