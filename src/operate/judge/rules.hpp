#pragma once

/// When a canary is stopped, when it may go on, and when a finished roll is taken back (PIPE-7,
/// ROLL-1). Pure functions over counts; the numbers of the rules are in Limits.
///
/// A ratio of few requests says little, so an error ratio counts as above 5 % only when the lower
/// end of its one-sided 99 % interval is: a bare threshold stops most canaries of 3 %. What
/// compares with stable asks for the difference and for p < 0.01. Nothing seen is never a pass.
///
/// Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference"
/// (1927); R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998).

#include "io/telemetry/metrics.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acme::judge {

struct Limits {
    double error_ratio = 0.05;         // "exceeds" is strict: exactly 5 % does not
    double error_excess = 0.01;        // above stable
    double answers_4xx_excess = 0.02;  // above stable
    std::int64_t abort_requests_min = 10;
    std::int64_t abort_errors_min = 3;
    std::int64_t requests_min = 50;  // of users; fewer are inconclusive
    std::int64_t probes_min = 10;
    double p99_seconds_max = 2;
    double p99_factor = 1.5;
    double p99_seconds_more = 0.05;
    double cpu_factor = 1.5;
    double cpu_idle_cores = 0.05;  // what a node may use beside its requests
    double memory_abort = 0.95;
    double memory_end = 0.90;
    double memory_hours = 24;  // until a leak would reach the limit
    double pool = 0.90;
    int ready_failures_max = 2;  // the third one in a row aborts
};

inline constexpr Limits limits{};

struct Counts {
    std::int64_t requests = 0;
    std::int64_t errors = 0;  // C-9: 5xx, and what the balancer saw fail

    double ratio() const {
        return requests > 0 ? static_cast<double>(errors) / static_cast<double>(requests) : 0;
    }
    Counts& operator+=(const Counts& other) {
        requests += other.requests;
        errors += other.errors;
        return *this;
    }
    friend bool operator==(const Counts&, const Counts&) = default;
};

/// How many answers took how long, by the edges of MET-2; not cumulative, the last is the rest.
struct Latency {
    std::array<double, seconds_edges.size() + 1> buckets{};

    double total() const;
    double above(double seconds) const;  // evenly spread within a bucket
    std::optional<double> quantile(double share) const;
    void add(const Latency& other);
};

/// What a release, or one node, did in some time.
struct Window {
    double seconds = 0;
    int nodes = 0;
    Counts users = {};  // the worse of what nodes and balancer counted
    std::int64_t answers_4xx = 0;
    Latency latency = {};
    double cpu_seconds = 0;   // of all its nodes
    double memory_bytes = 0;  // of the node with the largest share of its limit, now
    double memory_limit = 0;  // of that node; 0 when it is not known
    double pool_share = 0;    // of the busiest pool, mean of the time
    std::int64_t restarts = 0;
    bool was_out_of_memory = false;
    std::string last_end = "";  // "signal 9", of the last process that ended by itself

    double cpu_per_request() const;
};

/// Who asks the canary itself, once a second.
struct Probes {
    Counts counts;
    int ready_failures = 0;    // of GET /readyz, in a row until now
    std::string unready = "";  // what /readyz said the last time that it failed
    std::int64_t wrong_release = 0;
    std::string said_release = "";  // the wrong one
    std::string last_failure = "";  // "GET / was answered 404"
};

/// Memory over time, for its slope.
struct MemoryPoint {
    double seconds;
    double bytes;
};

enum class Outcome : std::uint8_t { pass, fail, inconclusive };

std::string_view text(Outcome outcome);

struct Verdict {
    std::string check;  // "error_ratio", "p99", …
    Outcome outcome = Outcome::inconclusive;
    std::string reason = "";  // one sentence with the numbers
    double value = 0;         // of the canary
    double limit = 0;
    std::optional<double> stable = std::nullopt;
    std::int64_t requests = 0;  // on which it rests

    double share_of_limit() const { return limit > 0 ? value / limit : 0; }
};

/// The lower end of the one-sided 99 % Wilson interval; 0 without requests. `errors` may be a
/// fraction, for what is spread evenly.
double wilson_lower(double errors, double requests);

/// The one-sided p of the pooled two-proportion test that `a` has the higher ratio; 1 without
/// requests.
double p_higher(Counts a, Counts b);

/// The one whose lower bound is higher (C-9): a dead process cannot count its own failures.
Counts worse(Counts a, Counts b);

/// Above 5 % beyond doubt, with enough to say so.
bool exceeds(Counts counts);

struct Seen {
    Window minute;
    Window whole;
    Probes probes_minute;
    Probes probes_whole;
    std::vector<MemoryPoint> memory = {};  // of the whole, oldest first
};

/// What stops a canary at once: fail with the first reason, else pass, or inconclusive while
/// nothing was seen at all.
Verdict abort_now(const Seen& canary);

/// What must hold when the canary's time has passed; a verdict for each check. `alerts` are new
/// critical alerts and SEV-1/2 incidents, by name.
std::vector<Verdict> end_of_window(
    const Seen& canary, const Window& stable, const std::vector<std::string>& alerts
);

/// Fails when one fails; passes only when nothing is inconclusive.
Verdict conclude(const std::vector<Verdict>& verdicts);

/// The first 15 minutes after a roll.
struct Watched {
    Verdict site;
    std::optional<std::string> alone = std::nullopt;  // the node to take out of the balancer
};

/// By the last minute or the whole watch. When one node alone makes the site exceed 5 %, the site
/// passes and that node is named as soon as its own ratio exceeds.
Watched watch(
    const std::map<std::string, Counts>& minute, const std::map<std::string, Counts>& whole
);

}  // namespace acme::judge
