#include "io/telemetry/redact.hpp"

#include <array>
#include <initializer_list>

namespace acme {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return (c >= '0' && c <= '9') || is_upper(c) || (c >= 'a' && c <= 'z'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; }

/// A name in the one spelling in which names are compared: "X-ApiKey" is "x_api_key".
class PlainName {
public:
    explicit PlainName(std::string_view name) {
        bool was_lower = false;
        for (char c : name) {
            if (length_ + 2 > bytes_.size()) break;
            if (is_upper(c) && was_lower) bytes_[length_++] = '_';
            was_lower = is_alnum(c) && !is_upper(c);
            bytes_[length_++] = is_alnum(c) ? lower(c) : '_';
        }
    }

    std::string_view view() const { return {bytes_.data(), length_}; }

private:
    std::array<char, 96> bytes_{};
    std::size_t length_ = 0;
};

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    for (std::string_view word : words) {
        if (text.starts_with(word)) return true;
    }
    return false;
}

/// Whether one of the words that make a name secret begins here.
bool begins_secret(std::string_view rest) {
    switch (rest[0]) {
        case 'a':
            return starts_with_one_of(rest, {"authorization", "api_key", "apikey", "auth_code"});
        case 'b': return starts_with_one_of(rest, {"backup_code"});
        case 'c': return starts_with_one_of(rest, {"cookie", "credential", "card_number"});
        case 'm': return starts_with_one_of(rest, {"mfa_code"});
        case 'p': return starts_with_one_of(rest, {"password", "passwd", "passphrase", "passcode"});
        case 'r': return starts_with_one_of(rest, {"recovery_code"});
        case 's': return starts_with_one_of(rest, {"secret"});
        case 't': return starts_with_one_of(rest, {"token"});
        case 'v': return starts_with_one_of(rest, {"verification_code"});
        default: return false;
    }
}

}  // namespace

bool is_secret_name(std::string_view name) {
    const PlainName plain(name);
    const std::string_view text = plain.view();
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (begins_secret(text.substr(at))) return true;
    }
    for (std::string_view end : {"_key", "_otp", "_pwd", "_pin"}) {
        if (text.ends_with(end)) return true;
    }
    for (std::string_view whole : {"code", "otp", "pwd", "pin", "cvv", "cvc", "pan", "totp"}) {
        if (text == whole) return true;
    }
    return false;
}

}  // namespace acme
