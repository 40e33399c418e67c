#pragma once

/// A file as the API shows it. For .cpp files: Boost.JSON costs each includer half a second.

#include "platform/files/files.hpp"

#include <boost/json/object.hpp>

namespace acme::files {

boost::json::object to_json(const File& file);

boost::json::object to_json(const Usage& usage);

/// The schemas "File" and "Usage" of what to_json() makes.
extern const char* const file_schema;
extern const char* const usage_schema;

}  // namespace acme::files
