#pragma once

/// `acme metrics render`.

#include "operate/metrics/render.hpp"

#include <functional>

namespace acme::cli {
class Commands;
}

namespace acme::metrics {

/// Those that `acme up` runs here; none when it never did.
using TargetsHere = std::function<std::vector<Target>()>;

void add_commands(cli::Commands& commands, TargetsHere targets_here);

}  // namespace acme::metrics
