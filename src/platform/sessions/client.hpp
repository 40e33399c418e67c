#pragma once

#include "base/networks.hpp"
#include "io/http/message.hpp"

#include <string>

namespace acme::sessions {

/// The address of whoever sent the request. X-Forwarded-For counts only where it was written by
/// balancers of ours: read from the right, the first address that is not `trusted`. Anything else
/// in it is a claim.
std::string client_address(const http::Request& request, const Networks& trusted);

}  // namespace acme::sessions
