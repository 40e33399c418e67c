// The keys that sign tokens, for those who operate the platform.
#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/tokens/service_accounts_http.hpp"
#include "platform/tokens/signing_keys.hpp"

namespace acme::tokens {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr http::Schema keys_schema{"SigningKeys", R"({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["id", "state", "created_at", "active_at"],
        "properties": {
          "id": {"type": "string", "description": "The thumbprint, which tokens name as kid."},
          "state": {"type": "string", "enum": ["next", "active", "retiring"]},
          "created_at": {"type": "string", "format": "date-time"},
          "active_at": {"type": "string", "format": "date-time"}
        }
      }
    }
  }
})"};

constexpr http::Schema rotation_schema{"SigningKeyRotation", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "now": {
      "type": ["boolean", "null"],
      "description": "Drops the present keys at once, and with them every token."
    }
  }
})json"};

Task<Result<Response>> list(SigningKeys& keys, const Call& call) {
    boost::json::array data;
    for (const SigningKey& key : co_await keys.list(call.context)) {
        data.push_back(boost::json::object{
            {"id", key.id},
            {"state", name_of(key.state)},
            {"created_at", http::to_json(key.created_at)},
            {"active_at", http::to_json(key.active_at)},
        });
    }
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> rotate(
    SigningKeys& keys, const Networks& trusted_proxies, const Call& call
) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const bool now = fields.optional_boolean("now").value_or(false);
    ACME_TRY(fields.finish());
    audit::Actor actor{
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, trusted_proxies),
    };
    ACME_TRY(co_await keys.rotate(call.context, std::move(actor), now));
    co_return co_await list(keys, call);
}

}  // namespace

void add_signing_key_routes(
    http::Router& router, SigningKeys& keys, const Networks& trusted_proxies
) {
    router.add_schema(keys_schema);
    router.add_schema(rotation_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/signing_keys",
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the keys that sign tokens and those that verify them, oldest first.",
             .response = "SigningKeys"},
        .handler = [&](const Call& call) { return list(keys, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/signing_keys:rotate",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Makes the next key that signs tokens, which is published a day before.",
             .request = "SigningKeyRotation",
             .response = "SigningKeys",
             .errors = {"tokens.next_key_waits", "loop.busy"}},
        .handler = [&](const Call& call) { return rotate(keys, trusted_proxies, call); },
    });
}

}  // namespace acme::tokens
