#pragma once

/// The configuration as people read it: the report of what is wrong, the table of what there is.

#include "app/config.hpp"

namespace acme::app {

/// The lines of one report on all problems (design/backend.md, 7.7).
std::vector<std::string> report(const std::vector<Problem>& problems);

/// The same as one JSON object.
std::string report_json(const std::vector<Problem>& problems);

/// docs/configuration.md, whole.
std::string configuration_markdown();

/// The names of all settings, in the order of that table.
std::vector<std::string> setting_names();

/// One line for each setting, as "NAME=value"; secrets as "set" or "".
std::string show(Config& config);

}  // namespace acme::app
