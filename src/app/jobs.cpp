#include "app/lists.hpp"
#include "app/platform.hpp"

namespace acme::app {

void add_jobs(jobs::Registry&, Platform&) {}

}  // namespace acme::app
