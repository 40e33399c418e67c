#pragma once

/// `acme smoke`.

#include "operate/smoke/smoke.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::smoke {

/// `endpoint` is checked when no other is named; "" for none. What `parts` names outlives the
/// commands.
void add_commands(cli::Commands& commands, Parts parts, std::string endpoint);

}  // namespace acme::smoke
