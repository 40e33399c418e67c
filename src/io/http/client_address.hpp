#pragma once

#include "base/networks.hpp"
#include "io/http/message.hpp"

#include <string>

namespace acme::http {

/// The address of whoever sent the request. X-Forwarded-For counts only where it was written by
/// balancers of ours: read from the right, the first address that is not `trusted`. Anything else
/// in it is a claim.
std::string client_address(const Request& request, const Networks& trusted);

/// Whether it was sent by one of ours on its own behalf (TRC-2): a trusted peer that forwards for
/// nobody. What a balancer passes on is its client's word.
bool is_internal(const Request& request, const Networks& trusted);

}  // namespace acme::http
