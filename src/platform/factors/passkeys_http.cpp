#include "platform/factors/passkeys_http.hpp"

#include "base/bytes.hpp"
#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/factors/credential_fields.hpp"
#include "platform/factors/factors_http.hpp"
#include "platform/factors/passkeys.hpp"

#include <boost/json/array.hpp>

namespace acme::factors {
namespace {

using boost::json::array;
using boost::json::object;
using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema passkey_schema{"Passkey", R"({
  "type": "object",
  "required": ["id", "name", "created_at", "last_used_at"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"},
    "recovery_codes": {
      "type": "array",
      "items": {"type": "string"},
      "description": "Only where it was just added. Shown once, empty when there are some already."
    }
  }
})"};

constexpr http::Schema passkeys_schema{"Passkeys", R"({
  "type": "object",
  "required": ["data"],
  "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Passkey"}}}
})"};

constexpr http::Schema creation_schema{"PasskeyCreation", R"({
  "type": "object",
  "required": ["public_key"],
  "properties": {
    "public_key": {
      "type": "object",
      "additionalProperties": true,
      "description": "PublicKeyCredentialCreationOptionsJSON of Web Authentication Level 3."
    }
  }
})"};

constexpr http::Schema new_schema{"NewPasskey", R"({
  "type": "object",
  "required": ["name", "credential"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 60},
    "credential": {
      "type": "object",
      "additionalProperties": true,
      "description": "RegistrationResponseJSON of Web Authentication Level 3."
    }
  }
})"};

constexpr http::Schema patch_schema{"PasskeyPatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 60}}
})"};

audit::Actor actor_of(const Routes& room, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

object to_json(const Passkey& passkey) {
    boost::json::value used;
    if (passkey.last_used_at) used = http::to_json(*passkey.last_used_at);
    return {
        {"id", passkey.id.str()},
        {"name", passkey.name},
        {"created_at", http::to_json(passkey.created_at)},
        {"last_used_at", std::move(used)},
    };
}

Response to_response(const Passkey& passkey) {
    Response response = http::json(200, to_json(passkey));
    response.headers.emplace_back("ETag", http::etag_of(passkey.version));
    return response;
}

Result<PasskeyId> passkey_id_in(const Call& call) {
    const auto id = PasskeyId::parse(call.params[0]);
    if (id) return *id;
    return refuse(ErrorKind::not_found, "factors.passkey_not_found", "There is no such passkey.");
}

Task<Result<Response>> list(Passkeys& passkeys, const Call& call) {
    array data;
    for (const Passkey& passkey : co_await passkeys.list(call.context, call.who().user)) {
        data.push_back(to_json(passkey));
    }
    co_return http::json(200, {{"data", std::move(data)}});
}

Task<Result<Response>> show(Passkeys& passkeys, const Call& call) {
    const PasskeyId id = ACME_TRY(passkey_id_in(call));
    co_return to_response(ACME_TRY(co_await passkeys.find(call.context, call.who().user, id)));
}

/// Source: W3C Web Authentication Level 3, 5.1.10.
Task<Result<Response>> options(Routes room, Passkeys& passkeys, const Call& call) {
    ACME_TRY(passkeys.check_possible());
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    const UserId user = call.who().user;
    const auto found = ACME_TRY(co_await room.accounts.find(call.context, user));
    array known;
    for (const Passkey& passkey : co_await passkeys.list(call.context, user)) {
        known.push_back(object{{"type", "public-key"}, {"id", passkey.credential_id}});
    }
    array algorithms;
    for (const int algorithm : {algorithm_es256, algorithm_eddsa, algorithm_rs256}) {
        algorithms.push_back(object{{"type", "public-key"}, {"alg", algorithm}});
    }
    const std::int64_t timeout = std::chrono::milliseconds(challenge_life).count();
    object key{
        {"rp", {{"id", passkeys.party().id}, {"name", "Acme " + passkeys.party().id}}},
        {"user",
         {{"id", to_base64url(user.str())}, {"name", found.email}, {"displayName", found.name}}},
        {"challenge", passkeys.challenge_to_add(user)},
        {"pubKeyCredParams", std::move(algorithms)},
        {"timeout", timeout},
        {"excludeCredentials", std::move(known)},
        {"authenticatorSelection", {{"residentKey", "preferred"}, {"userVerification", "preferred"}}
        },
        {"attestation", "none"},
    };
    Response response = http::json(200, {{"public_key", std::move(key)}});
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> add(Routes room, Passkeys& passkeys, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string name = fields.text("name", {1, passkey_name_chars_max});
    auto made = read_new_credential(fields, "credential");
    if (!made) fields.complain("credential", "http.field_missing", "What the browser made.");
    ACME_TRY(fields.finish());
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    const auto added = ACME_TRY(co_await passkeys.add(
        call.context, actor_of(room, call), call.who().user, std::move(name), *std::move(made)
    ));
    array codes;
    for (const std::string& code : added.recovery_codes) codes.emplace_back(code);
    object body = to_json(added.passkey);
    body["recovery_codes"] = std::move(codes);
    Response response = http::json(201, body);
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> patch(Routes room, Passkeys& passkeys, const Call& call) {
    const PasskeyId id = ACME_TRY(passkey_id_in(call));
    const UserId user = call.who().user;
    const Passkey passkey = ACME_TRY(co_await passkeys.find(call.context, user, id));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto name = fields.optional_text("name", {1, passkey_name_chars_max});
    ACME_TRY(fields.finish());
    ACME_TRY(http::check_if_match(call.request, http::etag_of(passkey.version)));
    if (!name) co_return to_response(passkey);
    co_return to_response(ACME_TRY(co_await passkeys.rename(
        call.context, actor_of(room, call), user, id, passkey.version, *name
    )));
}

Task<Result<Response>> remove(Routes room, Passkeys& passkeys, const Call& call) {
    const PasskeyId id = ACME_TRY(passkey_id_in(call));
    const UserId user = call.who().user;
    ACME_TRY(co_await passkeys.find(call.context, user, id));
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    ACME_TRY(co_await passkeys.remove(call.context, actor_of(room, call), user, id));
    co_return Response{.status = 204};
}

void add_making(http::Router& router, const Routes& room, Passkeys& passkeys) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/mfa/webauthn/options",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Makes the options with which a browser makes a passkey, for five minutes.",
             .response = "PasskeyCreation",
             .errors = {"factors.no_passkeys", "sessions.proof_too_old", "accounts.not_found"}},
        .handler = [room, &passkeys](const Call& call) { return options(room, passkeys, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/mfa/webauthn",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Adds a passkey; with the first factor come recovery codes, shown once.",
             .request = "NewPasskey",
             .response = "Passkey",
             .status = 201,
             .errors =
                 {"factors.invalid",
                  "factors.passkey_known",
                  "factors.too_many_passkeys",
                  "sessions.proof_too_old"}},
        .handler = [room, &passkeys](const Call& call) { return add(room, passkeys, call); },
    });
}

void add_changes(http::Router& router, const Routes& room, Passkeys& passkeys) {
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/me/mfa/webauthn/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Renames one of your passkeys.",
             .request = "PasskeyPatch",
             .response = "Passkey",
             .errors =
                 {"factors.invalid",
                  "factors.passkey_not_found",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [room, &passkeys](const Call& call) { return patch(room, passkeys, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/me/mfa/webauthn/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Removes one of your passkeys.",
             .status = 204,
             .errors = {"factors.passkey_not_found", "sessions.proof_too_old"}},
        .handler = [room, &passkeys](const Call& call) { return remove(room, passkeys, call); },
    });
}

}  // namespace

void add_passkey_routes(http::Router& router, const Routes& room, Passkeys& passkeys) {
    for (const auto& schema :
         {passkey_schema, passkeys_schema, creation_schema, new_schema, patch_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/mfa/webauthn",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Lists your passkeys, newest first.", .response = "Passkeys"},
        .handler = [&passkeys](const Call& call) { return list(passkeys, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/mfa/webauthn/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows one of your passkeys.",
             .response = "Passkey",
             .errors = {"factors.passkey_not_found"}},
        .handler = [&passkeys](const Call& call) { return show(passkeys, call); },
    });
    add_making(router, room, passkeys);
    add_changes(router, room, passkeys);
}

}  // namespace acme::factors
