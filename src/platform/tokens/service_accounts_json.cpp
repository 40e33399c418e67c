#include "platform/tokens/service_accounts_json.hpp"

#include "io/http/time.hpp"
#include "platform/keys/scopes.hpp"

#include <boost/json/value_from.hpp>

namespace acme::tokens {

const char* const service_account_schema = R"json({
  "type": "object",
  "required": ["id", "org", "name", "state", "org_role", "platform_role", "scopes", "created_at"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "pattern": "^usr_[0-9a-z]{26}$", "description": "Also its client_id."},
    "org": {"type": "string"},
    "name": {"type": "string"},
    "state": {"type": "string", "enum": ["active", "disabled"]},
    "org_role": {"type": "string", "enum": ["member", "admin"]},
    "platform_role": {"type": ["string", "null"], "enum": ["viewer", "operator", "admin", null]},
    "scopes": {"type": "array", "items": {"type": "string"}},
    "created_at": {"type": "string", "format": "date-time"}
  }
})json";

const char* const service_account_key_schema = R"json({
  "type": "object",
  "required": ["id", "kind", "thumbprint", "created_at", "expires_at", "last_used_at"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "pattern": "^cre_[0-9a-z]{26}$"},
    "kind": {"type": "string", "enum": ["secret", "public_key"]},
    "thumbprint": {
      "type": ["string", "null"],
      "description": "Of a public key, as RFC 7638 has it."
    },
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {
      "type": ["string", "null"],
      "format": "date-time",
      "description": "null: with the account."
    },
    "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "To five minutes."},
    "secret": {"type": "string", "description": "The secret itself, only in the answer that made it."}
  }
})json";

boost::json::object to_json(const ServiceAccount& account) {
    boost::json::object json{
        {"id", account.id.str()},
        {"org", account.org.str()},
        {"name", account.name},
        {"state", account.disabled_at ? "disabled" : "active"},
        {"org_role", name_of(account.org_role)},
        {"platform_role", nullptr},
        {"scopes", boost::json::value_from(keys::apart(account.scopes))},
        {"created_at", http::to_json(account.created_at)},
    };
    if (account.platform_role) json["platform_role"] = name_of(*account.platform_role);
    return json;
}

boost::json::object to_json(const Credential& credential) {
    const bool is_secret = credential.thumbprint.empty();
    boost::json::object json{
        {"id", credential.id.str()},
        {"kind", is_secret ? "secret" : "public_key"},
        {"thumbprint", nullptr},
        {"created_at", http::to_json(credential.created_at)},
        {"expires_at", nullptr},
        {"last_used_at", nullptr},
    };
    if (!is_secret) json["thumbprint"] = credential.thumbprint;
    if (credential.expires_at) json["expires_at"] = http::to_json(*credential.expires_at);
    if (credential.last_used_at) json["last_used_at"] = http::to_json(*credential.last_used_at);
    return json;
}

boost::json::object to_json(const MadeSecret& made) {
    boost::json::object json = to_json(made.credential);
    json["secret"] = made.text;
    return json;
}

}  // namespace acme::tokens
