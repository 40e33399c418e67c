#pragma once

/// Which release each node of `acme up` starts. Pure.

#include "operate/deploy/facts.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace acme::local {

struct Situation {
    std::vector<std::string> nodes;              // those that shall run
    std::map<std::string, deploy::Facts> facts;  // what was started last, where anything was
    std::string program;                         // the release that `up` was called with
    bool is_new = false;                         // it was never here before
    std::function<bool(const std::string& release)> is_there;
    std::string environment = "";
};

struct Choice {
    std::map<std::string, deploy::Facts> starts;  // by node; what is not set is the driver's
    std::string release;                          // on most of the nodes

    /// The program itself is what is released now, by `up` and not by a deployment.
    bool is_release_of_program = false;
};

/// A program that is new, or the first, is released on all nodes and is good by birth. One that is
/// known already comes back only where nothing else was deployed: each node starts what it was
/// last given; a canary, whose deployment died with everything, the release it should have
/// returned to; a node that never was, what most of them start.
Choice choose_releases(const Situation& situation);

}  // namespace acme::local
