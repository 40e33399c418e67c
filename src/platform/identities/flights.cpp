#include "platform/identities/flights.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/json.hpp"
#include "platform/identities/claims.hpp"

#include <boost/json/serialize.hpp>

namespace acme::identities {
namespace {

namespace json = boost::json;

constexpr std::string_view owner = "flight";
constexpr std::size_t chance_bytes = 32;

std::string chance(Random& random) {
    std::array<std::byte, chance_bytes> bytes{};
    random.fill(bytes);
    std::string text;
    for (const std::byte byte : bytes) text += static_cast<char>(byte);
    return to_base64url(text);
}

}  // namespace

std::string challenge_of(std::string_view verifier) { return to_base64url(sha256(verifier)); }

Flight Flights::begin(
    std::string provider, std::string next, std::optional<UserId> user, WallTime now, Random& random
) {
    return {
        .provider = std::move(provider),
        .state = chance(random),
        .nonce = chance(random),
        .verifier = chance(random),
        .next = std::move(next),
        .user = user,
        .expires_at = now + flight_time_max,
    };
}

std::string Flights::set(const Flight& flight, Random& random) const {
    const json::object object{
        {"provider", flight.provider},
        {"state", flight.state},
        {"nonce", flight.nonce},
        {"verifier", flight.verifier},
        {"next", flight.next},
        {"user", flight.user ? flight.user->str() : ""},
        {"expires_at", flight.expires_at.time_since_epoch().count()},
    };
    return attributes(seal_.close(random, json::serialize(object), owner), flight_time_max);
}

std::string Flights::clear() const { return attributes("", std::chrono::seconds(0)); }

std::optional<Flight> Flights::read(const http::Request& request, WallTime now) const {
    const auto opened = seal_.open(request.cookie(cookie_name()), owner);
    if (!opened) return std::nullopt;
    const auto object = http::parse_object(opened->reveal());
    const json::value* const end = object ? object->if_contains("expires_at") : nullptr;
    if (end == nullptr || !end->is_int64()) return std::nullopt;
    const WallTime expires_at{std::chrono::microseconds(end->get_int64())};
    if (expires_at <= now) return std::nullopt;
    return Flight{
        .provider = text_in(*object, "provider"),
        .state = text_in(*object, "state"),
        .nonce = text_in(*object, "nonce"),
        .verifier = text_in(*object, "verifier"),
        .next = text_in(*object, "next"),
        .user = UserId::parse(text_in(*object, "user")),
        .expires_at = expires_at,
    };
}

std::string Flights::attributes(std::string_view value, std::chrono::seconds life) const {
    std::string text(cookie_name());
    text.append("=").append(value).append("; Path=/; Max-Age=");
    text.append(std::to_string(life.count())).append("; HttpOnly; SameSite=Lax");
    return is_secure_ ? text + "; Secure" : text;
}

}  // namespace acme::identities
