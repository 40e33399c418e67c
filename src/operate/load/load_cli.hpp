#pragma once

/// `acme load`.

#include "io/telemetry/telemetry.hpp"
#include "operate/load/traffic.hpp"

namespace acme::cli {
class Commands;
}

namespace acme::load {

struct Parts {
    Telemetry& telemetry;  // outlives the commands
    smoke::MakeAccount make_account;
    MakeCrowd make_crowd;
    std::string url;  // that is visited when no other is named; "" for none
};

void add_commands(cli::Commands& commands, Parts parts);

}  // namespace acme::load
