#pragma once

/// How a release does: its nodes and the balancer every 5 s, the judged nodes themselves every
/// second (C-10).
///
/// Whoever deploys calls sample() and probe() and asks for verdicts; nothing runs by itself.

#include "io/telemetry/telemetry.hpp"
#include "operate/judge/probe.hpp"
#include "operate/judge/windows.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace acme::judge {

struct Target {
    std::string node;        // also its name in the balancer
    std::string role;        // only "serve" is judged
    std::string operations;  // "127.1.1.3:9090"
    std::string release;
    bool is_judged = false;  // false: what the others are compared with
    bool is_probed = false;
    std::string service = "";  // "127.1.1.3:8080", until the balancer shows its address; "" unknown
};

/// What became of a node's processes since the window began, as its machine tells it.
struct Ends {
    std::int64_t count = 0;
    bool was_out_of_memory = false;
    std::string last = "";  // "signal 9"
};

/// What people and the dashboard see, since mark().
struct Report {
    double share = 0;         // of the last minute's requests, by the balancer, that the judged got
    double weight_share = 0;  // what it should be by the weights of what is in rotation
    Seen canary;
    Window stable;
    Window stable_minute;
    Window canary_five_minutes;
    Window stable_five_minutes;
    Verdict now;                    // abort_now()
    std::vector<Verdict> checks;    // as if the window ended now
    std::vector<std::string> mute;  // nodes that did not answer the last time

    /// {"share": 0.05, "weight_share": 0.05, "canary": W, "canary_minute": W, "stable": W,
    ///  "stable_minute": W, "canary_five_minutes": W, "stable_five_minutes": W, "now": V,
    ///  "checks": [V], "mute": ["app-2"]}, where
    /// V is {"name", "verdict": "pass" | "fail" | "inconclusive", "reason", "canary",
    ///  "stable": number | null, "limit", "share_of_limit", "requests"}, and
    /// W is {"seconds", "nodes", "requests", "errors", "error_ratio", "answers_4xx_ratio",
    ///  "p50_ms", "p95_ms", "p99_ms": number | null, "cpu_ms_per_request", "cpu_seconds",
    ///  "memory_bytes", "memory_limit_bytes", "pool_share", "restarts"}; "canary" has also
    /// "probe": {"requests", "errors", "ready_failures", "wrong_release", "last_failure"}.
    /// Ratios and shares are of 1.
    boost::json::object json() const;
};

/// The same for all nodes together, after a roll.
struct SiteReport {
    Watched watched;
    Window site;
    Window site_five_minutes;
    std::map<std::string, Counts> nodes;  // of the whole
    std::vector<std::string> mute;

    /// {"site": W, "site_five_minutes": W, "alone": "app-2" | null,
    ///  "nodes": {"app-1": {"requests", "errors"}}, "now": V, "checks": [V], "mute": [], "share":
    ///  1}
    boost::json::object json() const;
};

class Judge {
public:
    static constexpr std::chrono::seconds period{5};        // of sample()
    static constexpr std::chrono::seconds probe_period{1};  // of probe()

    /// All that is referred to outlives it.
    Judge(
        Telemetry& telemetry,
        fetch::Client& client,
        const Clock& clock,
        balancer::Balancer& balancer,
        std::vector<Target> targets,
        Reads reads = {}
    );

    /// The window begins now: the canary's weight was confirmed, or the roll has ended.
    void mark();

    /// Reads every node and the balancer, at most about 2 s. Who does not answer is no error.
    Task<> sample();

    /// Asks each node that is probed once: at the address that the balancer showed last, or, when
    /// that was away from the beginning, at its own.
    Task<> probe();

    /// What its machine tells about a node. A name that is no target's is left alone.
    void tell_ends(const std::string& node, Ends ends);

    /// A node that was replaced begins anew. Not during sample() and probe().
    void forget(const std::string& node);

    Verdict abort() const { return abort_now(canary()); }
    std::vector<Verdict> end(const std::vector<std::string>& alerts) const;

    Seen canary() const;    // of all that is judged
    Window stable() const;  // of the others
    Report report() const;
    SiteReport site() const;

private:
    using Time = std::optional<std::chrono::seconds>;  // nullopt: since mark()

    struct Node {
        Node(Target its_target, Telemetry& telemetry, fetch::Client& client)
            : target(std::move(its_target)), prober(telemetry, client) {}

        Target target;
        Prober prober;
        History history;
        Ends ends;
        std::optional<NodeCounters> counters;         // of the sample that is under way
        std::optional<balancer::ServerNow> balancer;  // as it was shown last
    };

    Task<> read(Node& node);
    Task<> probe(Node& node);
    Window merged(bool is_judged, Time time) const;
    std::map<std::string, Counts> by_node(Time time) const;
    std::vector<std::string> mute() const;
    double share() const;
    double weight_share() const;

    Telemetry& telemetry_;
    fetch::Client& client_;
    const Clock& clock_;
    balancer::Balancer& balancer_;
    Reads reads_;
    std::map<std::string, Node> nodes_;
};

}  // namespace acme::judge
