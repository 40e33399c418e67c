// Programs on devices without a browser: they ask under /oauth, as RFC 8628 has it, and the person
// decides in the dashboard.
#include "base/bytes.hpp"
#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/device_logins.hpp"
#include "platform/tokens/form.hpp"
#include "platform/tokens/oauth_calls.hpp"

#include <boost/json/value_from.hpp>

namespace acme::tokens {
namespace {

using http::Access;
using http::Call;
using http::Response;
using State = Polled::State;

constexpr std::size_t code_json_bytes_max = std::size_t{4} * 1024;

constexpr http::Schema code_schema{"DeviceCode", R"({
  "type": "object",
  "required": ["user_code"],
  "additionalProperties": false,
  "properties": {"user_code": {"type": "string", "minLength": 1, "maxLength": 32}}
})"};

constexpr http::Schema login_schema{"DeviceLogin", R"({
  "type": "object",
  "required": ["id", "name", "scopes", "ip", "created_at", "expires_at"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string", "description": "What the program calls itself."},
    "scopes": {"type": "array", "items": {"type": "string"}},
    "ip": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

Task<Result<Response>> start(DeviceRoutes room, const Call& call) {
    const std::string body = ACME_TRY(co_await call.request.body.read_all(form_bytes_max));
    const auto form = parse_form(body);
    if (!is_form(call.request) || !form) {
        co_return refusal(400, "invalid_request", "The body must be a form.");
    }
    DeviceWish wish{
        .name = std::string(value_in(*form, "client_name")),
        .scopes = keys::apart(value_in(*form, "scope")),
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
    if (wish.name.empty()) wish.name = "a program";
    const auto codes = co_await room.logins.start(call.context, std::move(wish));
    if (!codes) {
        co_return refusal(400, "invalid_scope", "No key can have this name or these scopes.");
    }
    const std::string page = room.url + "/device";
    co_return no_store({
        {"device_code", codes->device},
        {"user_code", codes->user},
        {"verification_uri", page},
        {"verification_uri_complete", page + "#code=" + codes->user},
        {"expires_in", std::chrono::seconds(device_login_life).count()},
        {"interval", poll_every.count()},
    });
}

Task<Result<std::string>> code_in(const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string code = fields.text("user_code", {1, 32});
    ACME_TRY(fields.finish());
    co_return code;
}

Task<Result<Response>> show(DeviceRoutes room, const Call& call) {
    std::string code = ACME_TRY(co_await code_in(call));
    const auto login = ACME_TRY(co_await room.logins.show(call.context, std::move(code)));
    co_return http::json(
        200,
        boost::json::object{
            {"id", login.id.str()},
            {"name", login.name},
            {"scopes", boost::json::value_from(keys::apart(login.scopes))},
            {"ip", login.ip},
            {"created_at", http::to_json(login.created_at)},
            {"expires_at", http::to_json(login.expires_at)},
        }
    );
}

Task<Result<Response>> decide(DeviceRoutes room, const Call& call, bool is_yes) {
    std::string code = ACME_TRY(co_await code_in(call));
    std::string ip = http::client_address(call.request, room.trusted_proxies);
    ACME_TRY(co_await room.logins.decide(
        call.context, call.who(), std::move(ip), std::move(code), is_yes
    ));
    co_return Response{.status = 204};
}

void add_decision(
    http::Router& router,
    DeviceRoutes room,
    std::string_view pattern,
    std::string_view summary,
    bool is_yes
) {
    router.add({
        .method = http::Method::post,
        .pattern = pattern,
        .access = Access::signed_in(),
        .body_bytes_max = code_json_bytes_max,
        .doc =
            {.summary = summary,
             .request = "DeviceCode",
             .status = 204,
             .errors = {"tokens.no_device_login"}},
        .handler = [room, is_yes](const Call& call) { return decide(room, call, is_yes); },
    });
}

}  // namespace

Task<Result<Response>> give_device_key(DeviceRoutes room, const Call& call, std::string code) {
    std::string ip = http::client_address(call.request, room.trusted_proxies);
    auto polled = co_await room.logins.poll(call.context, std::move(code), std::move(ip));
    if (!polled) co_return refusal(400, "access_denied", "You have too many keys already.");
    switch (polled->state) {
        case State::pending:
            co_return refusal(400, "authorization_pending", "Nobody has decided yet.");
        case State::too_often: co_return refusal(400, "slow_down", "Ask every five seconds.");
        case State::denied: co_return refusal(400, "access_denied", "The person said no.");
        case State::expired:
            co_return refusal(400, "expired_token", "The code is unknown, used up or too old.");
        case State::given: break;
    }
    const keys::Made& made = *polled->key;
    const auto life = made.key.expires_at - made.key.created_at;
    co_return no_store({
        {"access_token", made.text},
        {"token_type", "Bearer"},
        {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(life).count()},
        {"scope", made.key.scopes},
    });
}

void add_device_routes(http::Router& router, DeviceRoutes room) {
    router.add_schema(code_schema);
    router.add_schema(login_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/oauth/device_authorization",
        .access = Access::anyone(),
        .body_bytes_max = form_bytes_max,
        .doc =
            {.summary = "Begins the signing in of a program on a device without a browser.",
             .request_type = form_type},
        .handler = [room](const Call& call) { return start(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/device/show",
        .access = Access::signed_in(),
        .body_bytes_max = code_json_bytes_max,
        .doc =
            {.summary = "Shows which program waits with this code, and what it wants.",
             .request = "DeviceCode",
             .response = "DeviceLogin",
             .errors = {"tokens.no_device_login"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
    add_decision(
        router, room, "/v1/auth/device/approve", "Gives the program a key in your name.", true
    );
    add_decision(router, room, "/v1/auth/device/deny", "Turns the program away.", false);
}

}  // namespace acme::tokens
