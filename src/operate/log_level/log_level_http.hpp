#pragma once

#include "base/networks.hpp"

namespace acme::http {
class Router;
}

namespace acme::log_level {

class Levels;

/// GET, PUT and DELETE /v1/admin/log_level; all for administrators. What is given outlives the
/// routes.
void add_routes(http::Router& router, Levels& levels, const Networks& trusted_proxies);

}  // namespace acme::log_level
