#pragma once

/// What is to be done so that a release runs everywhere: a pure function of what runs now.
///
/// A plan is made from the machines and the balancer as they are, never from what an earlier plan
/// did. So whoever goes on after a dead controller makes a plan for what is left, and the way back
/// is the plan for the release before.

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::deploy {

/// A node as its machine and the balancer have it.
struct NodeNow {
    std::string name;
    std::string role;
    std::string address;
    std::string release;
    std::string track;
    std::string known_good;
    bool is_running = false;
    bool is_ready = false;      // its check says so; what serves is then in rotation
    bool takes_traffic = true;  // neither drained nor in maintenance
    int weight = 1;
    bool is_sticky = false;   // the balancer leads its users there, see balancer::stick()
    std::string beside = "";  // the release of a second program there; "" for none
    bool has_room = false;    // for a second program

    /// Of the CPU that it may use, in its busiest minute of the last day; nullopt: it did not say.
    std::optional<double> cpu_peak = std::nullopt;
};

/// In which order a node that serves gets another release. What takes no requests is always drained
/// first.
enum class Strategy : std::uint8_t {
    drain_first,  // PIPE-9
    start_first,  // the new program beside the old one; no node is missing meanwhile
};

std::string_view name_of(Strategy strategy);  // "drain-first"
/// nullopt for a word that names none.
std::optional<Strategy> strategy_of(std::string_view name);

/// How long each part may take, and how long is looked at it. Source: requirements, section 2.
struct Limits {
    std::chrono::milliseconds migrate{15 * 60'000};
    std::chrono::milliseconds drain{30'000};      // of a node's requests; 15 s on the way back
    std::chrono::milliseconds stop{5'000};        // from the end of the drain to the end
    std::chrono::milliseconds ready{120'000};     // from start to rotation; 30 s on the way back
    std::chrono::milliseconds job_drain{65'000};  // a worker's jobs; 15 s on the way back
    std::chrono::milliseconds canary_window{10 * 60'000};
    std::chrono::milliseconds batch_window{10'000};  // see batch_time()
    std::chrono::milliseconds floor_wait{5 * 60'000};
    std::chrono::milliseconds smoke{120'000};
    std::chrono::milliseconds watch{15 * 60'000};

    /// For a release that ran well before: nothing is judged, and it is soon (ROLL-3).
    static Limits of_return();

    /// How long a batch is judged: a sixth of a canary's window that a trial made short, so that a
    /// trial of a minute sees what the guide has, and a shorter one is short in all its parts.
    std::chrono::milliseconds batch_time() const {
        return std::min(batch_window, canary_window / 6);
    }
};

inline constexpr std::chrono::milliseconds canary_window_default{10 * 60'000};
inline constexpr std::chrono::milliseconds canary_window_min{1'000};
inline constexpr std::chrono::milliseconds canary_window_max{24 * 60 * 60'000};

struct Goal {
    std::string release;
    std::string known_good;      // to which a failure returns; "" when there is none
    bool is_return = false;      // to a release that was good: no migration, canary, smoke or watch
    bool canary_passed = false;  // by a controller before this one
    bool is_recorded = false;    // likewise: only the watch is left
    bool is_begun = false;       // of a return: it ends with a record, also when nothing is to do
    std::string canary = "";     // the node; "": the last one that serves
    bool is_production = false;
    Strategy strategy = Strategy::drain_first;
    bool accepts_load = false;  // a person has, or whoever began it
    bool is_sticky = false;     // the canary's share is of the users, not of the requests

    std::string share() const {
        return is_sticky ? "5 % of the users, always the same ones (sticky)" : "5 %";
    }
};

enum class StepKind : std::uint8_t {
    migrate,      // the release's migrations, which only expand
    shed,         // takes nodes out of the balancer, before anything else
    canary,       // replaces one node, which gets 5 % of the traffic
    judge,        // the canary, for its window
    replace,      // drains the nodes and starts the release there
    watch_batch,  // judges what was replaced
    balance,      // all nodes alike
    smoke,
    record,  // the current release
    watch,   // 15 minutes; then the release is good
};

std::string_view name_of(StepKind kind);
/// nullopt for a word that names none.
std::optional<StepKind> step_kind_of(std::string_view name);

struct Step {
    StepKind kind;
    std::vector<std::string> nodes;  // that it touches
    std::string about;               // a sentence for people
    std::string undo;                // what takes it back; "" when nothing has to
    std::chrono::milliseconds time_max;
    std::chrono::milliseconds expected;
    bool starts_first = false;  // those of its nodes that serve
};

struct Plan {
    std::string release;
    std::string from;  // what runs on most nodes now
    bool is_return = false;
    std::vector<Step> steps;  // none: it runs everywhere already

    std::chrono::milliseconds expected() const;

    /// "sha256:…" of all that it says and of what it was made from: another state of the world,
    /// another digest.
    std::string digest() const;
    boost::json::object json() const;

    std::string made_from;  // the nodes, as one line of text
    std::string load = "";  // what the others carry beside a canary, for people; not in the digest
};

/// Errors: deploy.no_nodes (conflict), deploy.too_few_nodes (conflict; production has three at
/// least, COMP-1), deploy.too_few_workers (conflict; two, COMP-6), deploy.unready_nodes (conflict)
/// with a field for each node that is not ready before anything began, deploy.dev_release
/// (conflict; production takes commits only), deploy.no_such_canary (invalid),
/// deploy.no_room_beside (conflict) with a field for each node that serves and has no room for a
/// second program, where that is the strategy, deploy.load (conflict) with the numbers when the
/// nodes beside the canary would use more CPU than load_max, unless that is accepted. A return is
/// refused for none of them but deploy.no_nodes: without room it drains first.
Result<Plan> make_plan(std::vector<NodeNow> nodes, const Goal& goal, const Limits& limits);

/// "app-1, app-2"
std::string joined(const std::vector<std::string>& words);

/// What most of them are, "" not counted; of as many the first in the alphabet, "" for none.
std::string most_common(const std::vector<std::string>& words);

/// max(1, N / 3): how many of N are replaced at once.
std::size_t batch_of(std::size_t serving);

/// max(2, N - batch), for fewer nodes what they allow: how many stay in rotation.
std::size_t floor_of(std::size_t serving);

}  // namespace acme::deploy
