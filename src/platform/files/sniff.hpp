#pragma once

/// What a file really is, by its first bytes: nobody gets HTML that was declared to be an image.
/// Source: WHATWG, "MIME Sniffing", sections 6 and 7, the types that people upload.

#include <string>
#include <string_view>

namespace acme::files {

inline constexpr std::size_t sniffed_bytes = 512;

/// "image/png" in lower case, without parameters; "application/octet-stream" for what is no type.
std::string media_type_of(std::string_view header);

/// The type under which a file is stored: what its first bytes say. Where they say only "text" or
/// "some bytes" or "a zip", the declared type stands if it is of that sort.
std::string stored_type(std::string_view first_bytes, std::string_view declared);

}  // namespace acme::files
