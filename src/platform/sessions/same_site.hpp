#pragma once

#include "base/result.hpp"
#include "io/http/message.hpp"

namespace acme::sessions {

/// Refuses a request that may change something and that another site made the browser send.
/// Browsers say so in Sec-Fetch-Site; where they do not, or call another port of this host the same
/// site, Origin has to name the host that is asked. Programs send neither and pass: they have no
/// cookies of somebody else. Errors: access.cross_site (forbidden). Source: W3C Fetch Metadata;
/// OWASP, "Cross-Site Request Forgery Prevention".
Result<> check_same_site(const http::Request& request);

}  // namespace acme::sessions
