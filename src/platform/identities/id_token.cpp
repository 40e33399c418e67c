#include "platform/identities/id_token.hpp"

#include "base/bytes.hpp"
#include "io/http/json.hpp"
#include "platform/identities/claims.hpp"

#include <algorithm>

namespace acme::identities {
namespace {

namespace json = boost::json;

/// The epoch when it says none. Fractions of a second are allowed.
WallTime time_in(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return {};
    const auto seconds = value->to_number<double>();
    constexpr double latest = 1e11;
    if (!(seconds > 0 && seconds < latest)) return {};
    return WallTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::optional<json::object> object_in(std::string_view part) {
    const auto text = parse_base64url(part);
    if (!text) return std::nullopt;
    auto object = http::parse_object(*text);
    if (!object) return std::nullopt;
    return *std::move(object);
}

bool is_for(const json::object& claims, std::string_view client_id) {
    const json::value* const value = claims.if_contains("aud");
    const json::array* const list = value == nullptr ? nullptr : value->if_array();
    const bool names_party = claims.contains("azp");
    if (names_party && text_in(claims, "azp") != client_id) return false;
    if (list == nullptr) return text_in(claims, "aud") == client_id;
    if (list->size() > 1 && !names_party) return false;
    return std::ranges::any_of(*list, [&](const json::value& item) {
        return item.is_string() && item.get_string() == client_id;
    });
}

bool is_current(const json::object& claims, WallTime now) {
    const WallTime issued = time_in(claims, "iat");
    const WallTime expires = time_in(claims, "exp");
    return issued != WallTime{} && issued <= now + clocks_differ_max &&
           now < expires + clocks_differ_max;
}

bool is_type(std::string_view type) {
    return type.empty() || type == "JWT" || type == "jwt" || type == "application/jwt";
}

Person person_of(const json::object& claims) {
    return {
        .subject = text_in(claims, "sub"),
        .email = text_in(claims, "email"),
        .is_email_verified = is_true(claims, "email_verified"),
        .name = text_in(claims, "name"),
    };
}

std::expected<Person, Flaw> check(const json::object& claims, const Expected& expected) {
    if (text_in(claims, "iss") != expected.issuer) return std::unexpected(Flaw::issuer);
    if (!is_for(claims, expected.client_id)) return std::unexpected(Flaw::audience);
    if (!is_current(claims, expected.now)) return std::unexpected(Flaw::time);
    if (!equals_in_constant_time(text_in(claims, "nonce"), expected.nonce)) {
        return std::unexpected(Flaw::nonce);
    }
    Person person = person_of(claims);
    const bool is_somebody = !person.subject.empty() && person.subject.size() <= subject_bytes_max;
    if (!is_somebody) return std::unexpected(Flaw::subject);
    return person;
}

}  // namespace

std::string_view name_of(Flaw flaw) {
    switch (flaw) {
        case Flaw::malformed: return "malformed";
        case Flaw::algorithm: return "algorithm";
        case Flaw::unknown_key: return "unknown_key";
        case Flaw::signature: return "signature";
        case Flaw::issuer: return "issuer";
        case Flaw::audience: return "audience";
        case Flaw::time: return "time";
        case Flaw::nonce: return "nonce";
        case Flaw::subject: return "subject";
    }
    return "malformed";
}

std::expected<Person, Flaw> verify_id_token(
    std::string_view token, const KeySet& keys, const Expected& expected
) {
    if (token.size() > id_token_bytes_max) return std::unexpected(Flaw::malformed);
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == token.npos || first == last) return std::unexpected(Flaw::malformed);
    const auto header = object_in(token.substr(0, first));
    const auto claims = object_in(token.substr(first + 1, last - first - 1));
    const auto signature = parse_base64url(token.substr(last + 1));
    if (!header || !claims || !signature) return std::unexpected(Flaw::malformed);
    if (header->contains("crit") || !is_type(text_in(*header, "typ"))) {
        return std::unexpected(Flaw::malformed);
    }
    const auto algorithm = algorithm_of(text_in(*header, "alg"));
    if (!algorithm) return std::unexpected(Flaw::algorithm);
    const auto finding =
        keys.has_signed(*algorithm, text_in(*header, "kid"), token.substr(0, last), *signature);
    if (finding == KeySet::Finding::no_key) return std::unexpected(Flaw::unknown_key);
    if (finding == KeySet::Finding::wrong) return std::unexpected(Flaw::signature);
    return check(*claims, expected);
}

std::optional<Person> parse_userinfo(std::string_view text, std::string_view subject) {
    const auto object = http::parse_object(text);
    if (!object || text_in(*object, "sub") != subject) return std::nullopt;
    return person_of(*object);
}

}  // namespace acme::identities
