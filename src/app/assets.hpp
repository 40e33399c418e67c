#pragma once

/// The files of web/dist, linked into the program by tools/embed.py.

#include <string_view>

namespace acme::app {

struct Asset {
    std::string_view path;  // "/assets/index-Dk3.js"
    std::string_view content_type;
    std::string_view etag;  // of the content, without quotes
    std::string_view raw;
    std::string_view gzip;
    std::string_view brotli;
};

/// nullptr when there is none of that path.
const Asset* find_asset(std::string_view path);

}  // namespace acme::app
