#pragma once

/// What a tus client says in the headers of its requests. Private to platform/uploads. Source: tus
/// resumable upload protocol 1.0.0.

#include "io/http/message.hpp"
#include "platform/uploads/uploads.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::uploads {

inline constexpr const char* tus_version = "1.0.0";
inline constexpr std::string_view bytes_type = "application/offset+octet-stream";
inline constexpr std::size_t metadata_bytes_max = 4096;

/// Keys and what they stand for, decoded, in the order in which they were sent. nullopt for what is
/// no Upload-Metadata: a key that is empty or comes twice, a value that is not base64.
using Metadata = std::vector<std::pair<std::string, std::string>>;
std::optional<Metadata> parse_metadata(std::string_view header);

/// "sha256 …", the digest in base64. nullopt for another algorithm, or another length.
std::optional<Checksum> parse_checksum(std::string_view header);

/// RFC 4648, 4, with its padding; nullopt for what it does not write.
std::optional<std::string> parse_base64(std::string_view text);

/// Errors: uploads.version (412).
Result<> check_version(const http::Request& request);

/// Of a request that begins an upload. Errors: uploads.headers_invalid (400), with all that is
/// wrong.
Result<Plan> read_plan(const http::Request& request);

/// Of a request that goes on with one. Errors: http.media_type (415), uploads.headers_invalid.
Result<Coming> read_coming(const http::Request& request);

/// Of the bytes that come with the beginning: nullopt for none. Errors: uploads.headers_invalid.
Result<std::optional<Coming>> read_first(const http::Request& request, const Plan& plan);

}  // namespace acme::uploads
