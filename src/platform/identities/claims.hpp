#pragma once

/// What JSON from outside says, or nothing. Private to platform/identities; for .cpp files.

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace acme::identities {

/// "" for whatever is no text.
std::string text_in(const boost::json::object& object, std::string_view name);

/// Some providers write it as a text.
bool is_true(const boost::json::object& object, std::string_view name);

}  // namespace acme::identities
