#pragma once

/// What other commands need to know of what `acme up` runs.

#include "operate/deploy/facts.hpp"

#include <string>
#include <vector>

namespace acme::local {

/// The address of the balancer of what was started last with this home; "" when nothing ever was.
std::string url_of_running(const std::string& home);

/// What stands beside each node that was started last with this home, by name.
std::vector<deploy::Facts> nodes_of_running(const std::string& home);

}  // namespace acme::local
