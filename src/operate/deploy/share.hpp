#pragma once

/// The canary's share of the traffic, kept while other nodes come and go (PIPE-6).

#include "operate/balancer/driver.hpp"

#include <string>

namespace acme::deploy {

/// Gives the canary one of twenty requests again. Returns a sentence for people, "" when its weight
/// was right. Twice is harmless. Errors: those of the balancer.
Task<Result<std::string>> keep_share(balancer::Balancer& balancer, std::string canary);

}  // namespace acme::deploy
