#pragma once

/// The last good rule sets in the state folder, `flags.snap`: for a start while neither PostgreSQL
/// nor Redis answers. Blocks: beside the loop.

#include "platform/flag_feed/edition.hpp"

#include <vector>

namespace acme::flag_feed {

struct Kept {
    WallTime at{};  // when they were last known to be current
    std::vector<Printed> rulesets;
};

/// Nothing of a file that is not there, or is not whole: its checksum tells.
Kept read_kept(const std::string& folder);

/// Puts them there at once by rename. What other processes have put there and is newer, stays.
/// `node` is one process's alone. False when the folder cannot be written to.
bool keep(const std::string& folder, const std::string& node, WallTime now, std::vector<Shown> all);

}  // namespace acme::flag_feed
