#include "platform/identities/discovery.hpp"

#include "io/http/json.hpp"
#include "platform/identities/address.hpp"
#include "platform/identities/claims.hpp"

#include <algorithm>

namespace acme::identities {
namespace {

namespace json = boost::json;

/// A list that is not there is what the standard says in its place.
bool lists(
    const json::object& object, std::string_view name, std::string_view word, bool by_default
) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr) return by_default;
    const json::array* const list = value->if_array();
    return list != nullptr && std::ranges::any_of(*list, [&](const json::value& item) {
               return item.is_string() && item.get_string() == word;
           });
}

}  // namespace

std::string discovery_url(std::string_view issuer) {
    while (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string(issuer) + "/.well-known/openid-configuration";
}

std::optional<Discovery> parse_discovery(std::string_view text, std::string_view issuer) {
    constexpr std::string_view ways = "token_endpoint_auth_methods_supported";
    const auto object = http::parse_object(text);
    if (!object || text_in(*object, "issuer") != issuer) return std::nullopt;
    Discovery discovery{
        .authorization_endpoint = text_in(*object, "authorization_endpoint"),
        .token_endpoint = text_in(*object, "token_endpoint"),
        .userinfo_endpoint = text_in(*object, "userinfo_endpoint"),
        .jwks_uri = text_in(*object, "jwks_uri"),
        .takes_basic = lists(*object, ways, "client_secret_basic", true),
        .names_issuer = is_true(*object, "authorization_response_iss_parameter_supported"),
    };
    const bool is_safe =
        is_safe_url(discovery.authorization_endpoint) && is_safe_url(discovery.token_endpoint) &&
        is_safe_url(discovery.jwks_uri) &&
        (discovery.userinfo_endpoint.empty() || is_safe_url(discovery.userinfo_endpoint));
    const bool takes_secret =
        discovery.takes_basic || lists(*object, ways, "client_secret_post", false);
    if (!is_safe || !takes_secret) return std::nullopt;
    if (!lists(*object, "response_types_supported", "code", true)) return std::nullopt;
    return discovery;
}

}  // namespace acme::identities
