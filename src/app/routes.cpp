#include "app/lists.hpp"
#include "app/platform.hpp"

namespace acme::app {

void add_routes(http::Router&, Platform&) {}

}  // namespace acme::app
