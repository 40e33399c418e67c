#pragma once

/// The judge, as a deployment needs it: what is looked at, and what an unfavourable look means.

#include "operate/deploy/nodes_now.hpp"
#include "operate/judge/judge.hpp"

#include <memory>

namespace acme::deploy {

struct Look {
    /// judge::Report::json() or judge::SiteReport::json(), with "summary": one line for people, and
    /// "outlook": why it would not pass if its time were over; "" when it would.
    boost::json::object sample;
    std::string abort = "";  // why the deployment must end; "" when it need not
    std::optional<std::string> alone = std::nullopt;  // ROLL-1: the one node to be replaced
};

/// Which rules count.
enum class Judged : std::uint8_t {
    canary,  // all of PIPE-7, at the end of its window too
    batch,   // what would stop a canary at once
    watch,   // ROLL-1: all nodes together
};

/// Only a canary is held: whoever asked for it in its last second asked too late, and nobody could
/// take it back.
bool is_held(Judged judged, const std::string& wish);

struct Subject {
    Judged judged = Judged::canary;
    std::vector<NodeNow> nodes;  // all of them
    std::string release;         // what is judged; nodes with another are what it is compared with
    std::vector<std::string> fresh;  // the nodes that got it last; they are asked every second
    judge::Reads reads = {};         // what they are asked for
};

/// From start() on it sees every node; a second start() forgets what was seen. What the constructor
/// is given outlives it.
class Judging {
public:
    Judging(
        Telemetry& telemetry, fetch::Client& fetch, balancer::Balancer& balancer, Driver& driver
    );

    void start(Subject subject);

    /// Does what is due, at most about 2 s: asks the fresh nodes once a second, and looks at all of
    /// them every 5 s, which is what it returns. To be called several times a second.
    Task<std::optional<Look>> tick();

    /// The rules for the end of a window, on what was seen since start() and is seen now. Errors:
    /// deploy.judged_bad (conflict) with each reason; deploy.inconclusive (conflict).
    Task<Result<>> at_end();

    /// A node that was replaced begins anew.
    void forget(const std::string& node);

private:
    Task<> see();
    Task<> ask_machines();
    Look look_at_release() const;
    Look look_at_site() const;
    static std::string summary_of(const judge::Report& report);
    std::string outlook_of(const judge::Report& report) const;

    Telemetry& telemetry_;
    fetch::Client& fetch_;
    balancer::Balancer& balancer_;
    Driver& driver_;
    Subject subject_;
    std::unique_ptr<judge::Judge> judge_;
    std::map<std::string, std::int64_t> restarts_;  // before the window, by node
    std::optional<SteadyTime> looked_;
    SteadyTime asked_{};
};

}  // namespace acme::deploy
