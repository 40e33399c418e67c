#pragma once

/// The last good rule sets in the state folder, `flags.snap`, and beside it `flags.list.<id>` of
/// each long list that they name: for a start while neither PostgreSQL nor Redis answers. Blocks:
/// beside the loop.

#include "platform/flag_feed/edition.hpp"

#include <vector>

namespace acme::flag_feed {

struct Kept {
    WallTime at{};  // when they were last known to be current
    std::vector<Printed> rulesets;
};

/// Nothing of a file that is not there, or is not whole: its checksum tells.
Kept read_kept(const std::string& folder);

/// A list as it was packed; nullopt where it is not there. open_list() tells whether it is whole.
std::optional<std::string> read_kept_list(const std::string& folder, const std::string& id);

/// Puts them there at once by rename. What other processes have put there and is newer, stays; a
/// list that nothing there names goes after an hour.
/// `node` is one process's alone. False when the folder cannot be written to.
bool keep(const std::string& folder, const std::string& node, WallTime now, std::vector<Shown> all);

}  // namespace acme::flag_feed
