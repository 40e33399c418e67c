#include "platform/factors/recovery.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <array>

namespace acme::factors {
namespace {

constexpr std::size_t chars = 10;

/// Crockford's: no letter in it looks like a digit.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

std::string normal_form(std::string_view code) {
    std::string text;
    for (char c : code) {
        if (c == ' ' || c == '-') continue;
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        if (c == 'o') c = '0';
        if (c == 'i' || c == 'l') c = '1';
        text += c;
    }
    return text;
}

std::string digest_by(const Secret& key, const std::string& user, const std::string& normal) {
    return to_base64url(hmac_sha256(key.reveal(), user + " " + normal));
}

}  // namespace

std::string RecoveryCodes::make(Random& random) {
    std::array<std::byte, chars> chance{};
    random.fill(chance);
    std::string code;
    for (const std::byte byte : chance) {
        if (code.size() == chars / 2) code += '-';
        code += alphabet[std::to_integer<std::size_t>(byte) % alphabet.size()];
    }
    return code;
}

std::string RecoveryCodes::digest_of(const std::string& user, std::string_view code) const {
    return digest_by(keys_.front(), user, normal_form(code));
}

std::vector<std::string> RecoveryCodes::digests_of(const std::string& user, std::string_view code)
    const {
    const std::string normal = normal_form(code);
    std::vector<std::string> digests;
    for (const Secret& key : keys_) digests.push_back(digest_by(key, user, normal));
    return digests;
}

}  // namespace acme::factors
