#pragma once

namespace acme::cli {
class Commands;
}

namespace acme::app {

/// acme config check [--json], acme config docs
void add_config_commands(cli::Commands& commands);

}  // namespace acme::app
