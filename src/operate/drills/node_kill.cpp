// The drill of a node's death: its program is killed, and no reader may notice.
#include "io/loop/loop.hpp"
#include "operate/deploy/hold.hpp"
#include "operate/drills/exercise.hpp"
#include "operate/drills/prober.hpp"

#include <algorithm>

namespace acme::drills {
namespace {

using deploy::Instance;
using deploy::NodeNow;
using std::chrono::milliseconds;

constexpr std::chrono::seconds limit_usual{30};
constexpr std::chrono::seconds before{1};  // of reading, so that there is something to lose
constexpr std::chrono::seconds after{2};   // what a return may break shows then
constexpr milliseconds look_again{50};
constexpr std::size_t serving_min = 2;

/// Gives the machines back, whatever happens.
struct AtEnd {
    std::shared_ptr<deploy::Hold> hold;
    ~AtEnd() { hold->forget(); }
};

class NodeKill final : public Exercise {
public:
    NodeKill(const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted)
        : parts_(parts),
          ground_(ground),
          limit_(wanted.limit.count() > 0 ? wanted.limit : limit_usual),
          node_(std::move(wanted.node)) {}

    Task<Result<>> prepare(trace::Context context) override {
        const auto nodes = ACME_TRY(co_await nodes_well(parts_, ground_, context));
        release_ = nodes.front().release;
        std::vector<const NodeNow*> serving;
        for (const NodeNow& node : nodes) {
            if (node.role == "serve") serving.push_back(&node);
        }
        if (serving.size() < serving_min) {
            co_return refuse(
                ErrorKind::conflict,
                "drills.not_well",
                "Only one node serves: without it nobody would. The drill needs two."
            );
        }
        const auto chosen = std::ranges::find_if(serving, [this](const NodeNow* node) {
            return node->name == node_;
        });
        if (chosen == serving.end() && !node_.empty()) {
            co_return refuse(
                ErrorKind::invalid, "drills.no_such_node", node_ + " is no node that serves."
            );
        }
        const NodeNow& node = chosen == serving.end() ? *serving.back() : **chosen;
        node_ = node.name;
        address_ = node.address;
        co_return done;
    }

    std::string intent() const override {
        return "The program of " + node_ + " is killed, as a crash would do it.";
    }

    std::vector<std::string> expectations() const override {
        return {return_sentence(), "no other node ends", std::string(Prober::sentence)};
    }

    milliseconds time_max() const override { return before + limit_ + after; }

    const std::string& release() const override { return release_; }

    Task<std::vector<Expectation>> carry_out(trace::Context context, DrillId id, Say say) override {
        std::vector<Expectation> found;
        const auto hold = std::make_shared<deploy::Hold>(
            *ground_.driver, parts_.telemetry, "drill " + id.str() + " by cli"
        );
        const AtEnd at_end{hold};
        if (const auto taken = co_await hold->take(deploy::Claim::deployment); !taken) {
            found.push_back({.what = return_sentence(), .found = taken.error().message});
            co_return found;
        }
        parts_.tasks.spawn(
            co_await asio::this_coro::executor, "drills.renew", deploy::Hold::renew(hold)
        );
        Prober prober(parts_.telemetry, parts_.tasks, url_of(ground_.balancer->settings()));
        co_await prober.begin();
        co_await sleep_for(before);
        if (!is_stopped()) co_await kill(context, *hold, say, found);
        found.push_back(co_await prober.end());
        co_await hold->let_go();
        co_return found;
    }

private:
    std::string return_sentence() const {
        return node_ + " is in rotation again within " + seconds_text(limit_);
    }

    Task<> kill(
        trace::Context context, deploy::Hold& hold, Say say, std::vector<Expectation>& found
    ) {
        const auto ends_before = co_await ends();
        const SteadyTime begun = parts_.telemetry.clock.steady();
        const auto killed = co_await ground_.driver->kill(hold.fence(), node_);
        if (!killed) {
            found.push_back({.what = return_sentence(), .found = killed.error().message});
            co_return;
        }
        say(node_ + " is killed.");
        found.push_back(co_await until_back(context, begun, ends_before));
        say(node_ + " " + found.back().found + ".");
        if (!is_stopped()) co_await sleep_for(after);
        found.push_back(others(ends_before, co_await ends()));
    }

    /// How often each node ended by itself.
    Task<std::map<std::string, std::int64_t>> ends() {
        std::map<std::string, std::int64_t> counts;
        const auto instances = co_await ground_.driver->instances();
        if (!instances) co_return counts;
        for (const Instance& each : *instances) counts[each.facts.node] = each.restarts;
        co_return counts;
    }

    /// The machine has brought it back, it says that it is ready, and the balancer agrees.
    Task<bool> is_back(trace::Context context, std::int64_t ends_before) {
        const auto counts = co_await ends();
        const auto count = counts.find(node_);
        if (count == counts.end() || count->second <= ends_before) co_return false;
        const auto said = co_await deploy::ask_ready(parts_.fetch, context, address_, "serve");
        if (!said.is_ready() || said.release != release_) co_return false;
        const auto servers = co_await ground_.balancer->servers();
        if (!servers) co_return false;
        const auto server = std::ranges::find(*servers, node_, &balancer::ServerNow::node);
        co_return server != servers->end() && server->is_proven &&
            server->admin == balancer::Admin::ready;
    }

    Task<Expectation> until_back(
        trace::Context context, SteadyTime begun, std::map<std::string, std::int64_t> ends_before
    ) {
        const Clock& clock = parts_.telemetry.clock;
        Expectation found{.what = return_sentence(), .found = "did not come back"};
        while (clock.steady() - begun <= limit_) {
            if (co_await is_back(context, ends_before[node_])) {
                const auto took = std::chrono::duration_cast<milliseconds>(clock.steady() - begun);
                found.found = "was back after " + seconds_text(took);
                found.is_met = took <= limit_;
                break;
            }
            co_await sleep_for(look_again);
        }
        co_return found;
    }

    Expectation others(
        std::map<std::string, std::int64_t> ends_before,
        const std::map<std::string, std::int64_t>& ends_after
    ) const {
        Expectation found{.what = "no other node ends", .found = "none did", .is_met = true};
        for (const auto& [name, count] : ends_after) {
            if (name == node_ || count == ends_before[name]) continue;
            found = {.what = found.what, .found = name + " ended too"};
        }
        if (!ends_after.empty()) return found;
        return {.what = found.what, .found = "the machines could not be asked"};
    }

    const deploy::CliParts& parts_;
    deploy::Ground& ground_;
    milliseconds limit_;
    std::string node_;
    std::string address_;
    std::string release_;
};

}  // namespace

std::unique_ptr<Exercise> make_node_kill(
    const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted
) {
    return std::make_unique<NodeKill>(parts, ground, std::move(wanted));
}

}  // namespace acme::drills
