#pragma once

/// `acme demo`.

#include "operate/demo/demo.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::demo {

/// `url` is where the platform runs; "" for nowhere. What `parts` names outlives the commands.
void add_commands(cli::Commands& commands, Parts parts, std::string url);

}  // namespace acme::demo
