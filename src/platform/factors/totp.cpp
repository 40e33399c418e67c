#include "platform/factors/totp.hpp"

#include "base/bytes.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace acme::factors {
namespace {

constexpr std::size_t sha1_bytes = 20;

/// Apps know no other digest. As a MAC it is sound: what is broken is its resistance to collisions.
std::array<unsigned char, sha1_bytes> hmac_sha1(const Secret& key, std::int64_t counter) {
    std::array<unsigned char, 8> message{};
    for (std::size_t i = 0; i < message.size(); ++i) {
        message[i] =
            static_cast<unsigned char>(static_cast<std::uint64_t>(counter) >> (56 - 8 * i));
    }
    std::array<unsigned char, sha1_bytes> mac{};
    unsigned int length = 0;
    const auto* made = HMAC(
        EVP_sha1(),
        key.c_str(),
        static_cast<int>(key.size()),
        message.data(),
        message.size(),
        mac.data(),
        &length
    );
    if (made == nullptr || length != mac.size()) throw std::runtime_error("HMAC-SHA-1 failed");
    return mac;
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (is_plain) {
            out += c;
        } else {
            out.append("%").append(to_hex({&c, 1}));
        }
    }
}

}  // namespace

std::int64_t totp_step_at(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() / totp_period;
}

std::string totp_code(const Secret& secret, std::int64_t step) {
    const auto mac = hmac_sha1(secret, step);
    const std::size_t at = mac.back() & 0x0f;
    const std::uint32_t number = (static_cast<std::uint32_t>(mac[at] & 0x7f) << 24) |
                                 (static_cast<std::uint32_t>(mac[at + 1]) << 16) |
                                 (static_cast<std::uint32_t>(mac[at + 2]) << 8) | mac[at + 3];
    std::string digits = std::to_string(number % 1'000'000);
    return digits.insert(0, totp_digits - digits.size(), '0');
}

std::optional<std::int64_t> totp_step_of(
    const Secret& secret, std::string_view code, WallTime now, std::int64_t last
) {
    const std::int64_t present = totp_step_at(now);
    std::optional<std::int64_t> found;
    // All of them each time, so that nobody can measure how wrong a clock is.
    for (std::int64_t step = present - totp_steps_around; step <= present + totp_steps_around;
         ++step) {
        const bool is_it = equals_in_constant_time(totp_code(secret, step), code);
        if (is_it && step > last) found = step;
    }
    return found;
}

std::string to_base32_rfc4648(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char byte : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(byte);
        for (count += 8; count >= 5; count -= 5) text += alphabet[(bits >> (count - 5)) & 31];
    }
    if (count > 0) text += alphabet[(bits << (5 - count)) & 31];
    return text;
}

std::string totp_uri(const Secret& secret, std::string_view issuer, std::string_view account) {
    std::string uri = "otpauth://totp/";
    append_escaped(uri, issuer);
    append_escaped(uri.append(":"), account);
    uri.append("?secret=").append(to_base32_rfc4648(secret.reveal()));
    append_escaped(uri.append("&issuer="), issuer);
    return uri.append("&algorithm=SHA1&digits=6&period=30");
}

}  // namespace acme::factors
