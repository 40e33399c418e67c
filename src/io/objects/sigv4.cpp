#include "io/objects/sigv4.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace acme::objects::sigv4 {
namespace {

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

/// Without blanks at either end, and with one blank for several within.
std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_blank = c == ' ' || c == '\t';
        if (!is_blank) out += c;
        if (is_blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// By name in lower case; several of one name are one, in their order.
std::map<std::string, std::string> canonical_headers(const Pairs& headers) {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : headers) {
        const auto [place, is_new] = all.try_emplace(lower(name), squeezed(value));
        if (!is_new) place->second += ',' + squeezed(value);
    }
    return all;
}

std::string signed_headers(const Pairs& headers) {
    std::string names;
    for (const auto& [name, value] : canonical_headers(headers)) {
        names += names.empty() ? "" : ";";
        names += name;
    }
    return names;
}

/// "20130524/us-east-1/s3/aws4_request"
std::string credential_scope(const Scope& scope, WallTime time) {
    return timestamp(time).substr(0, 8) + '/' + scope.region + '/' + scope.service +
           "/aws4_request";
}

std::string string_to_sign(const Scope& scope, WallTime time, const Message& message) {
    return "AWS4-HMAC-SHA256\n" + timestamp(time) + '\n' + credential_scope(scope, time) + '\n' +
           to_hex(sha256(canonical_request(message)));
}

}  // namespace

std::string encode(std::string_view text) {
    std::string out;
    for (const char c : text) is_unreserved(c) ? out.push_back(c) : append_encoded(out, c);
    return out;
}

std::string encode_path(std::string_view path) {
    std::string out;
    for (const char c : path) {
        is_unreserved(c) || c == '/' ? out.push_back(c) : append_encoded(out, c);
    }
    return out;
}

std::string canonical_query(const Pairs& query) {
    Pairs encoded;
    for (const auto& [name, value] : query) encoded.emplace_back(encode(name), encode(value));
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded) {
        if (!out.empty()) out += '&';
        out += name + '=' + value;
    }
    return out;
}

std::string canonical_request(const Message& message) {
    std::string out = message.method + '\n' + encode_path(message.path) + '\n' +
                      canonical_query(message.query) + '\n';
    for (const auto& [name, value] : canonical_headers(message.headers)) {
        out += name + ':' + value + '\n';
    }
    return out + '\n' + signed_headers(message.headers) + '\n' + message.payload;
}

std::string timestamp(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::array<char, 32> text{};
    const int length = std::snprintf(
        text.data(),
        text.size(),
        "%04d%02u%02uT%02d%02d%02dZ",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count())
    );
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string signature(
    const Keys& keys, const Scope& scope, WallTime time, std::string_view string_to_sign
) {
    std::string key = "AWS4" + std::string(keys.secret_key.reveal());
    const std::string day = timestamp(time).substr(0, 8);
    for (const std::string_view part :
         {std::string_view(day),
          std::string_view(scope.region),
          std::string_view(scope.service),
          std::string_view("aws4_request")}) {
        std::string next = hmac_sha256(key, part);
        wipe(key);
        key = std::move(next);
    }
    std::string digits = to_hex(hmac_sha256(key, string_to_sign));
    wipe(key);
    return digits;
}

std::string authorization(
    const Keys& keys, const Scope& scope, WallTime time, const Message& message
) {
    return "AWS4-HMAC-SHA256 Credential=" + keys.access_key + '/' + credential_scope(scope, time) +
           ",SignedHeaders=" + signed_headers(message.headers) +
           ",Signature=" + signature(keys, scope, time, string_to_sign(scope, time, message));
}

std::string presigned_query(
    const Keys& keys,
    const Scope& scope,
    WallTime time,
    std::chrono::seconds lifetime,
    Message message
) {
    Pairs& query = message.query;
    query.emplace_back("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    query.emplace_back("X-Amz-Credential", keys.access_key + '/' + credential_scope(scope, time));
    query.emplace_back("X-Amz-Date", timestamp(time));
    query.emplace_back("X-Amz-Expires", std::to_string(lifetime.count()));
    query.emplace_back("X-Amz-SignedHeaders", signed_headers(message.headers));
    if (!keys.session_token.empty()) {
        query.emplace_back("X-Amz-Security-Token", keys.session_token.reveal());
    }
    message.payload = unsigned_payload;
    const std::string text = string_to_sign(scope, time, message);
    return canonical_query(query) + "&X-Amz-Signature=" + signature(keys, scope, time, text);
}

}  // namespace acme::objects::sigv4
