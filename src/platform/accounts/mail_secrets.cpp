#include "platform/accounts/mail_secrets.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <algorithm>

namespace acme::accounts {
namespace {

std::string mac_of(const Secret& key, std::string_view use, const std::string& id) {
    std::string text(use);
    return hmac_sha256(key.reveal(), text.append(" ").append(id));
}

std::string token_by(const Secret& key, const std::string& id) {
    return id + "." + to_base64url(mac_of(key, "token", id));
}

/// That 2^64 is no multiple of ten to the eighth favours no code by more than one in 10^11.
std::string code_by(const Secret& key, const std::string& id) {
    const std::string mac = mac_of(key, "code", id);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = (number << 8) | static_cast<unsigned char>(mac[i]);
    }
    std::string digits = std::to_string(number % 100'000'000);
    return digits.insert(0, code_digits - digits.size(), '0');
}

}  // namespace

std::string MailSecrets::token_of(const std::string& id) const {
    return token_by(keys_.front(), id);
}

std::string MailSecrets::code_of(const std::string& id) const { return code_by(keys_.front(), id); }

std::string_view MailSecrets::id_in(std::string_view token) {
    const auto dot = token.find('.');
    return dot == token.npos ? "" : token.substr(0, dot);
}

bool MailSecrets::is_token_of(const std::string& id, std::string_view token) const {
    return std::ranges::any_of(keys_, [&](const Secret& key) {
        return equals_in_constant_time(token_by(key, id), token);
    });
}

bool MailSecrets::is_code_of(const std::string& id, std::string_view code) const {
    return std::ranges::any_of(keys_, [&](const Secret& key) {
        return equals_in_constant_time(code_by(key, id), code);
    });
}

}  // namespace acme::accounts
