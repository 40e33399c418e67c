#pragma once

/// JSON pointers. Source: RFC 6901.

#include <string>
#include <string_view>

namespace acme {

/// A member's name as it stands between the slashes of a pointer: "a~1b" for "a/b".
std::string reference_token(std::string_view name);

}  // namespace acme
