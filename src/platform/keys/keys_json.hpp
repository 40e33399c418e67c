#pragma once

/// A key as the API and the commands show it. For .cpp files: Boost.JSON costs each includer half a
/// second.

#include "platform/keys/keys.hpp"

#include <boost/json/object.hpp>

namespace acme::keys {

boost::json::object to_json(const Key& key);

/// With the key itself, as "key": for the one time that it is shown.
boost::json::object to_json(const Made& made);

/// The schema "ApiKey" of what both make.
extern const char* const key_schema;

}  // namespace acme::keys
