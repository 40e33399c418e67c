#include "platform/keys/keys_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "platform/keys/keys_json.hpp"

namespace acme::keys {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t key_json_bytes_max = std::size_t{16} * 1024;
constexpr std::int64_t grace_seconds_usual = 86'400;

constexpr http::Schema keys_schema{"ApiKeys", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/ApiKey"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema new_key_schema{"NewApiKey", R"({
  "type": "object",
  "required": ["name", "scopes"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 120},
    "scopes": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}},
    "days": {"type": ["integer", "null"], "minimum": 1, "maximum": 365}
  }
})"};

constexpr http::Schema rotation_schema{"ApiKeyRotation", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "grace_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": 604800}
  }
})"};

constexpr http::Schema patch_schema{"ApiKeyPatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "limit_per_min": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000}
  }
})"};

Response to_response(const Key& key) {
    Response response = http::json(200, to_json(key));
    response.headers.emplace_back("ETag", http::etag_of(key.version));
    return response;
}

Response show_once(const Made& made) {
    Response response = http::json(201, to_json(made));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

audit::Actor actor_of(const Routes& room, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

Result<KeyId> key_id_in(const Call& call) {
    const auto id = KeyId::parse(call.params[0]);
    if (id) return *id;
    return refuse(ErrorKind::not_found, "keys.not_found", "There is no such key.");
}

std::vector<std::string> texts_in(Fields& fields, std::string_view name) {
    std::vector<std::string> texts;
    const boost::json::value* const value = fields.any(name);
    const auto* const array = value != nullptr ? value->if_array() : nullptr;
    if (array == nullptr || array->size() > 32) {
        fields.complain(name, "keys.scope_unknown", "must be a list of at most 32 scopes");
        return texts;
    }
    for (const auto& item : *array) {
        texts.emplace_back(item.is_string() ? std::string(item.get_string()) : "");
    }
    return texts;
}

Task<Result<Response>> list(Routes room, const Call& call) {
    const http::Cursors& cursors = room.cursors;
    const std::string scope = "api_keys " + call.who().user.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    const auto before = KeyId::parse(asked.after);
    const auto found = co_await room.keys.list(
        call.context, call.who().user, call.who().org, before, asked.limit + 1
    );
    boost::json::array data;
    std::string next;
    for (const Key& key : found) {
        if (std::ssize(data) == asked.limit) {
            next = cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(key));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> create(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    NewKey wanted{
        .name = fields.text("name", {1, name_chars_max}),
        .scopes = texts_in(fields, "scopes"),
    };
    wanted.days = fields.optional_integer("days", {1, days_max}).value_or(wanted.days);
    ACME_TRY(fields.finish());
    const Identity who = call.who();
    co_return show_once(ACME_TRY(co_await room.keys.create(
        call.context, actor_of(room, call), who.user, who.org, std::move(wanted)
    )));
}

Task<Result<Response>> show(Routes room, const Call& call) {
    const KeyId id = ACME_TRY(key_id_in(call));
    const Identity who = call.who();
    co_return to_response(ACME_TRY(co_await room.keys.find(call.context, who.user, who.org, id)));
}

Task<Result<Response>> revoke(Routes room, const Call& call) {
    const KeyId id = ACME_TRY(key_id_in(call));
    const Identity who = call.who();
    ACME_TRY(co_await room.keys.revoke(call.context, actor_of(room, call), who.user, who.org, id));
    co_return Response{.status = 204};
}

Task<Result<Response>> rotate(Routes room, const Call& call) {
    const KeyId id = ACME_TRY(key_id_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::int64_t most = std::chrono::seconds(grace_max).count();
    const auto grace = fields.optional_integer("grace_seconds", {0, most});
    ACME_TRY(fields.finish());
    const Identity who = call.who();
    co_return show_once(ACME_TRY(co_await room.keys.rotate(
        call.context,
        actor_of(room, call),
        who.user,
        who.org,
        id,
        std::chrono::seconds(grace.value_or(grace_seconds_usual))
    )));
}

Task<Result<Response>> show_any(Routes room, const Call& call) {
    const KeyId id = ACME_TRY(key_id_in(call));
    co_return to_response(ACME_TRY(co_await room.keys.find_any(call.context, id)));
}

Task<Result<Response>> patch(Routes room, const Call& call) {
    const KeyId id = ACME_TRY(key_id_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const bool names_limit = fields.has("limit_per_min");
    const auto limit = fields.optional_integer("limit_per_min", {1, 1'000'000});
    ACME_TRY(fields.finish());
    const Key key = ACME_TRY(co_await room.keys.find_any(call.context, id));
    ACME_TRY(http::check_if_match(call.request, http::etag_of(key.version)));
    if (!names_limit) co_return to_response(key);
    co_return to_response(ACME_TRY(
        co_await room.keys.set_limit(call.context, actor_of(room, call), id, key.version, limit)
    ));
}

void add_own(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/api_keys",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists your API keys, newest first.",
             .response = "ApiKeys",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/api_keys",
        .access = Access::signed_in(),
        .body_bytes_max = key_json_bytes_max,
        .doc =
            {.summary = "Makes an API key and shows it, once.",
             .request = "NewApiKey",
             .response = "ApiKey",
             .status = 201,
             .errors = {"keys.invalid", "keys.too_many"}},
        .handler = [room](const Call& call) { return create(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/api_keys/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows one of your API keys, without the key itself.",
             .response = "ApiKey",
             .errors = {"keys.not_found"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
}

void add_changes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/me/api_keys/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Revokes one of your API keys.", .status = 204, .errors = {"keys.not_found"}
            },
        .handler = [room](const Call& call) { return revoke(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/api_keys/{id}:rotate",
        .access = Access::signed_in(),
        .body_bytes_max = key_json_bytes_max,
        .doc =
            {.summary = "Makes a successor and shows it, once; the key itself ends a while later.",
             .request = "ApiKeyRotation",
             .response = "ApiKey",
             .status = 201,
             .errors = {"keys.not_found", "keys.replaced"}},
        .handler = [room](const Call& call) { return rotate(room, call); },
    });
}

void add_admin(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/api_keys/{id}",
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows anybody's API key, without the key itself.",
             .response = "ApiKey",
             .errors = {"keys.not_found"}},
        .handler = [room](const Call& call) { return show_any(room, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/admin/api_keys/{id}",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = key_json_bytes_max,
        .doc =
            {.summary = "Gives an API key a quota of its own, or its user's again.",
             .request = "ApiKeyPatch",
             .response = "ApiKey",
             .errors = {"keys.not_found", "http.precondition_required", "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [room](const Call& call) { return patch(room, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Routes room) {
    for (const auto& schema :
         {http::Schema{"ApiKey", key_schema},
          keys_schema,
          new_key_schema,
          rotation_schema,
          patch_schema}) {
        router.add_schema(schema);
    }
    add_own(router, room);
    add_changes(router, room);
    add_admin(router, room);
}

}  // namespace acme::keys
