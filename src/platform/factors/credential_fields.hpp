#pragma once

/// Credentials as browsers write them (PublicKeyCredential.toJSON()). For .cpp files, like
/// io/http/fields.hpp. Source: W3C Web Authentication Level 3, 5.1.8 and 5.1.9.

#include "platform/factors/webauthn.hpp"

#include <optional>
#include <string_view>

namespace acme::http {
class Fields;
}

namespace acme::factors {

/// Both complain of what is missing or no base64url, and pass over what browsers add. nullopt, and
/// no complaint, when the field is absent or null.
std::optional<NewCredential> read_new_credential(http::Fields& fields, std::string_view key);
std::optional<Assertion> read_assertion(http::Fields& fields, std::string_view key);

}  // namespace acme::factors
