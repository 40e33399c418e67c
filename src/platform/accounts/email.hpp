#pragma once

/// What an e-mail address is, and when two are the same.

#include <optional>
#include <string>
#include <string_view>

namespace acme::accounts {

inline constexpr std::size_t email_bytes_max = 254;  // RFC 5321, 4.5.3.1.3, without the brackets

/// In lower case, without blanks around it; nullopt for what is no address. ASCII only, no quoted
/// local parts: what mail servers accept in practice. "ada@localhost" is one.
std::optional<std::string> normalize_email(std::string_view text);

}  // namespace acme::accounts
