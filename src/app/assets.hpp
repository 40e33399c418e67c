#pragma once

/// The files of web/dist, linked into the program by tools/embed.py.

#include "platform/assets/assets.hpp"

namespace acme::app {

/// nullptr when there is none of that path.
const assets::Asset* find_asset(std::string_view path);

/// Those whose names carry a digest of their content, and that browsers keep for ever.
std::vector<assets::Asset> hashed_assets();

}  // namespace acme::app
