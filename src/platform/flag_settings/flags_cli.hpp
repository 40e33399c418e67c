#pragma once

namespace acme::cli {
class Commands;
}

namespace acme::flag_settings {

struct Settings;

/// acme flags list, show, preview, history, create, edit, archive, restore, enable, kill,
/// targeting, undo, environments, segments, members, export, import. Whoever calls them has the
/// database, and may do what an administrator may.
void add_commands(cli::Commands& commands, Settings& settings);

}  // namespace acme::flag_settings
