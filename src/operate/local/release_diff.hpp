#pragma once

/// `acme release describe` and `acme deploy diff`: what a program says of itself, and in what two
/// releases differ.

#include "base/clock.hpp"

#include <functional>
#include <string>
#include <vector>

namespace acme::cli {
class Commands;
}

namespace acme::local {

/// What comes with a program beside its code.
struct Description {
    std::vector<std::string> migrations;  // "202611231015_notes"
    std::vector<std::string> settings;    // "DATABASE_URL"
};

/// `own` describes the program that runs. `home` is that of `acme up`, where `--home` names no
/// other.
void add_diff_commands(
    cli::Commands& commands,
    const Clock& clock,
    const std::string& home,
    std::function<Description()> own
);

}  // namespace acme::local
