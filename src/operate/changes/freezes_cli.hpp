#pragma once

#include "operate/changes/freezes.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::changes {

/// `acme freeze`, `acme freeze list`, `acme freeze lift`. What it is given outlives the commands.
void add_commands(
    cli::Commands& commands, Freezes& freezes, const Clock& clock, std::string environment
);

}  // namespace acme::changes
