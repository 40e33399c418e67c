#pragma once

/// Bytes as text and back: hex and base64url; and the comparison of secrets. Bytes are kept in
/// std::string, which every other part of the house takes.

#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// Two lower-case digits a byte. The inverse takes both cases, and nothing else.
std::string to_hex(std::string_view bytes);
std::optional<std::string> parse_hex(std::string_view text);

/// Base64 with '-' and '_', without padding: fit for URLs, cookies and headers. The inverse refuses
/// everything that to_base64url() does not write. Source: RFC 4648, 5.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> parse_base64url(std::string_view text);

/// Takes as long whether the first or the last byte differs, so that nobody learns a secret byte by
/// byte. The length is no secret.
bool equals_in_constant_time(std::string_view a, std::string_view b);

}  // namespace acme
