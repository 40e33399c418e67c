#pragma once

/// `acme logs`: what all local nodes say.

#include "base/clock.hpp"

#include <string>

namespace acme::cli {
class Commands;
}

namespace acme::logs {

/// `home` is the folder of `acme up`; `clock` outlives the commands.
void add_commands(cli::Commands& commands, const Clock& clock, std::string home);

}  // namespace acme::logs
