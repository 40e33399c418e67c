#pragma once

/// Which addresses are gone to, and how text stands in them.

#include <string>
#include <string_view>

namespace acme::identities {

inline constexpr std::size_t next_bytes_max = 512;

/// Of a provider. An http: address is taken only of this machine itself, for trials.
bool is_safe_url(std::string_view url);

/// A path of this platform: "//elsewhere" would leave it. Source: WHATWG URL, by which a browser
/// takes a backslash for a slash and leaves out tabs and line ends.
bool is_own_path(std::string_view next);

/// For a query or a form: all but letters, digits and "-._~". Source: RFC 3986, 2.3.
std::string query_encoded(std::string_view text);

}  // namespace acme::identities
