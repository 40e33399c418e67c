// What a service account proves itself with: secrets, which are shown once, and public keys.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "platform/tokens/service_accounts_http.hpp"
#include "platform/tokens/service_accounts_json.hpp"

#include <boost/json/serialize.hpp>

namespace acme::tokens {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t key_json_bytes_max = std::size_t{32} * 1024;

constexpr http::Schema keys_schema{"ServiceAccountKeys", R"({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/ServiceAccountKey"}}
  }
})"};

constexpr http::Schema new_key_schema{"NewServiceAccountKey", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "public_key": {
      "type": ["string", "object", "null"],
      "description": "The public half of an RSA key of 4096 bits, as PEM or as a JWK. Without it a secret is made."
    },
    "days": {
      "type": ["integer", "null"],
      "minimum": 1,
      "maximum": 3650,
      "description": "After which it ends; without it, it ends with the account."
    },
    "grace_seconds": {
      "type": ["integer", "null"],
      "minimum": 0,
      "maximum": 604800,
      "description": "Of a secret: those that the account has end so much later. Without it they go on."
    }
  }
})json"};

/// A JWK may come as an object or as the text of one. "": none was sent.
std::string public_key_in(Fields& fields) {
    const boost::json::value* const value = fields.any("public_key");
    if (value == nullptr || value->is_null()) return "";
    if (value->is_object()) return boost::json::serialize(*value);
    if (value->is_string() && !value->get_string().empty()) {
        return std::string(value->get_string());
    }
    fields.complain("public_key", "tokens.key_refused", "must be PEM or a JWK");
    return "";
}

Response made_response(boost::json::object made) {
    Response response = http::json(201, std::move(made));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

Task<Result<Response>> list(Machines room, const Call& call) {
    const ServiceAccount account = ACME_TRY(co_await account_in(room, call));
    boost::json::array data;
    for (const auto& credential :
         co_await room.services.credentials(call.context, account.org, account.id)) {
        data.push_back(to_json(credential));
    }
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> add(Machines room, const Call& call) {
    const ServiceAccount account = ACME_TRY(co_await account_in(room, call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string public_key = public_key_in(fields);
    Terms terms{.days = fields.optional_integer("days", {1, days_max})};
    const std::int64_t grace_most = std::chrono::seconds(grace_max).count();
    if (const auto grace = fields.optional_integer("grace_seconds", {0, grace_most})) {
        terms.grace = std::chrono::seconds(*grace);
        if (!public_key.empty()) {
            fields.complain("grace_seconds", "tokens.grace", "is for secrets: end a key by its id");
        }
    }
    ACME_TRY(fields.finish());
    ACME_TRY(check_may_change(call, account));
    const audit::Actor actor = actor_of(room, call);
    if (public_key.empty()) {
        co_return made_response(to_json(
            ACME_TRY(co_await room.services.add_secret(call.context, actor, account.id, terms))
        ));
    }
    co_return made_response(to_json(ACME_TRY(co_await room.services.add_key(
        call.context, actor, account.id, std::move(public_key), terms
    ))));
}

Task<Result<Response>> end(Machines room, const Call& call) {
    const ServiceAccount account = ACME_TRY(co_await account_in(room, call));
    const auto id = CredentialId::parse(call.params[2]);
    if (!id) {
        co_return refuse(
            ErrorKind::not_found, "tokens.no_credential", "The account has no such secret or key."
        );
    }
    ACME_TRY(check_may_change(call, account));
    ACME_TRY(co_await room.services.end_credential(
        call.context, actor_of(room, call), account.org, account.id, *id
    ));
    co_return Response{.status = 204};
}

}  // namespace

void add_service_account_key_routes(http::Router& router, Machines room) {
    for (const auto& schema :
         {http::Schema{"ServiceAccountKey", service_account_key_schema}, keys_schema, new_key_schema
         }) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}/keys",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the secrets and public keys of a service account, newest first.",
             .response = "ServiceAccountKeys",
             .errors = {"organizations.not_found", "tokens.no_account"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}/keys",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = key_json_bytes_max,
        .doc =
            {.summary =
                 "Takes a public key of a service account, or makes a secret and shows it, once.",
             .request = "NewServiceAccountKey",
             .response = "ServiceAccountKey",
             .status = 201,
             .errors =
                 {"organizations.not_found",
                  "tokens.no_account",
                  "tokens.key_refused",
                  "tokens.too_many_credentials",
                  "access.role_required"}},
        .handler = [room](const Call& call) { return add(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}/keys/{key}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Ends a secret or key of a service account; tokens got with it go on.",
             .status = 204,
             .errors =
                 {"organizations.not_found",
                  "tokens.no_account",
                  "tokens.no_credential",
                  "access.role_required"}},
        .handler = [room](const Call& call) { return end(room, call); },
    });
}

}  // namespace acme::tokens
