#pragma once

/// What a provider says of itself. Source: OpenID Connect Discovery 1.0, 3 and 4.3; RFC 8414.

#include <optional>
#include <string>
#include <string_view>

namespace acme::identities {

struct Discovery {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string userinfo_endpoint;  // "" for none
    std::string jwks_uri;
    bool takes_basic = true;    // else the client's secret goes into the form
    bool names_issuer = false;  // its answers carry `iss` (RFC 9207)
};

/// "https://issuer/.well-known/openid-configuration".
std::string discovery_url(std::string_view issuer);

/// nullopt for whatever is no such document, is another issuer's, names an address that is not
/// safe, or wants to be spoken to in a way that we do not.
std::optional<Discovery> parse_discovery(std::string_view json, std::string_view issuer);

}  // namespace acme::identities
