#include "platform/tokens/jwt.hpp"

#include "base/bytes.hpp"
#include "io/http/json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::tokens {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    const json::string* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? "" : std::string(*text);
}

/// Whole seconds, as we write them; those of others may have a fraction.
WallTime time_in(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return {};
    const auto seconds = value->to_number<double>();
    constexpr double latest = 1e11;
    if (!(seconds > 0 && seconds < latest)) return {};
    return WallTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::vector<std::string> audiences_in(const json::object& claims) {
    const json::value* const value = claims.if_contains("aud");
    const json::array* const list = value == nullptr ? nullptr : value->if_array();
    if (list == nullptr) return {text_in(claims, "aud")};
    std::vector<std::string> audiences;
    for (const json::value& item : *list) {
        if (item.is_string()) audiences.emplace_back(item.get_string());
    }
    return audiences;
}

std::optional<json::object> object_in(std::string_view part) {
    const auto text = parse_base64url(part);
    if (!text) return std::nullopt;
    auto object = http::parse_object(*text);
    if (!object) return std::nullopt;
    return *std::move(object);
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return text;
}

}  // namespace

std::string to_be_signed(const Claims& claims, std::string_view key_id) {
    const json::object header{{"alg", "RS256"}, {"typ", "at+jwt"}, {"kid", key_id}};
    const json::object body{
        {"iss", claims.issuer},
        {"aud", claims.audience},
        {"sub", claims.subject},
        {"client_id", claims.subject},
        {"org", claims.org},
        {"scope", claims.scope},
        {"jti", claims.id},
        {"iat", seconds_of(claims.issued_at)},
        {"exp", seconds_of(claims.expires_at)},
    };
    return to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(body));
}

std::string with_signature(std::string text, std::string_view signature) {
    return std::move(text) + "." + to_base64url(signature);
}

std::optional<Parts> take_apart(std::string_view token) {
    if (token.size() > token_bytes_max) return std::nullopt;
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == token.npos || first == last) return std::nullopt;
    const auto header = object_in(token.substr(0, first));
    const auto claims = object_in(token.substr(first + 1, last - first - 1));
    auto signature = parse_base64url(token.substr(last + 1));
    if (!header || !claims || !signature) return std::nullopt;
    if (text_in(*header, "alg") != "RS256" || header->contains("crit")) return std::nullopt;
    return Parts{
        .key_id = text_in(*header, "kid"),
        .type = lower(text_in(*header, "typ")),
        .issuer = text_in(*claims, "iss"),
        .audiences = audiences_in(*claims),
        .subject = text_in(*claims, "sub"),
        .org = text_in(*claims, "org"),
        .scope = text_in(*claims, "scope"),
        .id = text_in(*claims, "jti"),
        .issued_at = time_in(*claims, "iat"),
        .expires_at = time_in(*claims, "exp"),
        .text = std::string(token.substr(0, last)),
        .signature = *std::move(signature),
    };
}

std::optional<RsaKey> parse_jwk(std::string_view text) {
    const auto object = http::parse_object(text);
    if (!object || text_in(*object, "kty") != "RSA" || object->contains("d")) return std::nullopt;
    return RsaKey::of_public({.modulus = text_in(*object, "n"), .exponent = text_in(*object, "e")});
}

std::string to_jwk(const RsaKey& key) {
    const PublicNumbers numbers = key.numbers();
    return json::serialize(json::object{
        {"kty", "RSA"},
        {"use", "sig"},
        {"alg", "RS256"},
        {"kid", key.thumbprint()},
        {"n", numbers.modulus},
        {"e", numbers.exponent},
    });
}

}  // namespace acme::tokens
