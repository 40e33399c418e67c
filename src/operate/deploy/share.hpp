#pragma once

/// The canary's share of the traffic, kept while other nodes come and go (PIPE-6).

#include "operate/balancer/driver.hpp"

#include <string>

namespace acme::deploy {

/// Gives the canary one of twenty requests again, or of the users where it `is_sticky`. Returns a
/// sentence for people, "" when its share was right. Twice is harmless. Errors: those of the
/// balancer.
Task<Result<std::string>> keep_share(
    balancer::Balancer& balancer, std::string canary, bool is_sticky = false
);

}  // namespace acme::deploy
