#include "platform/keys/keys_json.hpp"

#include "io/http/time.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/scopes.hpp"

#include <boost/json/value_from.hpp>

namespace acme::keys {

const char* const key_schema = R"json({
  "type": "object",
  "required": [
    "id", "prefix", "name", "scopes", "limit_per_min", "created_at", "expires_at", "last_used_at", "replaced_by"
  ],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "pattern": "^key_[0-9a-z]{26}$"},
    "prefix": {"type": "string", "description": "What the key begins with."},
    "name": {"type": "string"},
    "scopes": {"type": "array", "items": {"type": "string"}},
    "limit_per_min": {
      "type": ["integer", "null"],
      "description": "A quota of its own; null: it shares its user's."
    },
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "To five minutes."},
    "replaced_by": {"type": ["string", "null"]},
    "key": {"type": "string", "description": "The key itself, only in the answer that made it."}
  }
})json";

boost::json::object to_json(const Key& key) {
    boost::json::object json{
        {"id", key.id.str()},
        {"prefix", std::string(key_prefix) + key.short_name},
        {"name", key.name},
        {"scopes", boost::json::value_from(apart(key.scopes))},
        {"limit_per_min", nullptr},
        {"created_at", http::to_json(key.created_at)},
        {"expires_at", http::to_json(key.expires_at)},
        {"last_used_at", nullptr},
        {"replaced_by", nullptr},
    };
    if (key.limit_per_min) json["limit_per_min"] = *key.limit_per_min;
    if (key.last_used_at) json["last_used_at"] = http::to_json(*key.last_used_at);
    if (key.replaced_by) json["replaced_by"] = key.replaced_by->str();
    return json;
}

boost::json::object to_json(const Made& made) {
    boost::json::object json = to_json(made.key);
    json["key"] = made.text;
    return json;
}

}  // namespace acme::keys
