#include "base/base64.hpp"

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <algorithm>

namespace acme {

std::string to_base64(std::string_view bytes) {
    std::string text = to_base64url(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::optional<std::string> parse_base64(std::string text) {
    if (text.find_first_of("-_") != text.npos) return std::nullopt;
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    auto bytes = parse_base64url(text);
    wipe(text);  // it may have been a secret
    return bytes;
}

}  // namespace acme
