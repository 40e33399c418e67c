#pragma once

/// Base64 with '+', '/' and padding, as headers have it; what goes into addresses is
/// to_base64url(). Source: RFC 4648, 4.

#include <optional>
#include <string>
#include <string_view>

namespace acme {

std::string to_base64(std::string_view bytes);

/// Padding may be absent; nullopt for anything else that is not base64.
std::optional<std::string> parse_base64(std::string text);

}  // namespace acme
