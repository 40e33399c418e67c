#pragma once

/// What deviates from what is recorded, and what repairs it: pure functions.

#include "operate/balancer/driver.hpp"
#include "operate/deploy/driver.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace acme::drift {

/// How things are, and which release is recorded.
struct World {
    std::string release;  // that shall run everywhere; "" when none is known
    std::vector<deploy::Instance> instances;
    std::map<std::string, std::string> answers;  // by node: the release that it says it is
    std::vector<balancer::ServerNow> servers;
    std::vector<balancer::Drift> files;  // of the balancer
    bool has_release = true;             // the machines could start it
};

/// One thing that is not as it is recorded.
struct Deviation {
    std::string what;   // "release", "process", "answer", "presence", "address", "state", "weight",
                        // "file"
    std::string where;  // the node, or the server of the balancer
    std::string recorded;
    std::string found;

    friend bool operator==(const Deviation&, const Deviation&) = default;
    std::string text() const;  // "app-2: weight is 7, recorded is 19"
};

/// By node; empty when nothing deviates.
std::vector<Deviation> compare(const World& world);

enum class ActionKind : std::uint8_t {
    address,  // the server of the balancer leads to its node again
    add,      // the balancer gets the server
    remove,   // the balancer loses it
    replace,  // the node gets the recorded release, as a deployment brings it
    ready,    // the server takes traffic again
    weight,   // all weigh the same
    write,    // the balancer's files from what runs
};

struct Action {
    ActionKind kind;
    std::string node = "";
    std::string about;         // a sentence for people
    std::string address = "";  // of address and add
    int weight = 0;            // of add and weight

    friend bool operator==(const Action&, const Action&) = default;
};

struct Repair {
    std::vector<Action> actions;       // in the order in which they are to be done
    std::vector<std::string> by_hand;  // what only a person can do

    /// "sha256:…" of all that it says: another world, another digest.
    std::string digest() const;
    boost::json::object json() const;
};

Repair repair_of(const World& world);

/// What every server weighs outside of a deployment: what most of them do.
int common_weight(const std::vector<balancer::ServerNow>& servers);

}  // namespace acme::drift
