#include "platform/factors/factors_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/factors/factors.hpp"
#include "platform/factors/totp.hpp"

#include <boost/json/array.hpp>

namespace acme::factors {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema state_schema{"SecondFactors", R"({
  "type": "object",
  "required": ["is_on", "totp_since", "passkeys", "recovery_codes_left"],
  "properties": {
    "is_on": {"type": "boolean"},
    "totp_since": {"type": ["string", "null"], "format": "date-time"},
    "passkeys": {"type": "integer"},
    "recovery_codes_left": {"type": "integer"}
  }
})"};

constexpr http::Schema enrolment_schema{"TotpEnrolment", R"({
  "type": "object",
  "required": ["secret", "uri"],
  "properties": {
    "secret": {"type": "string", "description": "In base32, for an app that reads no QR code."},
    "uri": {"type": "string", "description": "otpauth://, for a QR code."}
  }
})"};

constexpr http::Schema code_schema{"TotpCode", R"({
  "type": "object",
  "required": ["code"],
  "additionalProperties": false,
  "properties": {"code": {"type": "string", "minLength": 1, "maxLength": 20}}
})"};

constexpr http::Schema recovery_schema{"RecoveryCodes", R"({
  "type": "object",
  "required": ["recovery_codes"],
  "properties": {
    "recovery_codes": {
      "type": "array",
      "items": {"type": "string"},
      "description": "Shown once. Empty when those that were shown before are still good."
    }
  }
})"};

audit::Actor actor_of(const Routes& room, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

/// Of what is shown once.
Response secret_json(int status, const boost::json::object& body) {
    Response response = http::json(status, body);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

Response show_once(int status, const std::vector<std::string>& codes) {
    boost::json::array list;
    for (const std::string& code : codes) list.emplace_back(code);
    return secret_json(status, {{"recovery_codes", std::move(list)}});
}

Task<Result<Response>> show(Routes room, const Call& call) {
    const State state = co_await room.factors.state_of(call.context, call.who().user);
    boost::json::value since;
    if (state.totp_since) since = http::to_json(*state.totp_since);
    co_return http::json(
        200,
        {{"is_on", state.is_on()},
         {"totp_since", std::move(since)},
         {"passkeys", state.passkeys},
         {"recovery_codes_left", state.recovery_codes_left}}
    );
}

Task<Result<Response>> begin_totp(Routes room, const Call& call) {
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    const UserId user = call.who().user;
    const auto found = ACME_TRY(co_await room.accounts.find(call.context, user));
    const auto enrolment =
        ACME_TRY(co_await room.factors.begin_totp(call.context, user, found.email));
    co_return secret_json(
        200, {{"secret", to_base32_rfc4648(enrolment.secret.reveal())}, {"uri", enrolment.uri}}
    );
}

Task<Result<Response>> confirm_totp(Routes room, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string code = fields.text("code", {1, 20});
    ACME_TRY(fields.finish());
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    std::erase(code, ' ');
    co_return show_once(
        200,
        ACME_TRY(co_await room.factors.confirm_totp(
            call.context, actor_of(room, call), call.who().user, std::move(code)
        ))
    );
}

Task<Result<Response>> remove_totp(Routes room, const Call& call) {
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    ACME_TRY(co_await room.factors.remove_totp(call.context, actor_of(room, call), call.who().user)
    );
    co_return Response{.status = 204};
}

Task<Result<Response>> renew_codes(Routes room, const Call& call) {
    ACME_TRY(co_await room.check_recent(call.context, call.who()));
    co_return show_once(
        201,
        ACME_TRY(co_await room.factors.renew_recovery_codes(
            call.context, actor_of(room, call), call.who().user
        ))
    );
}

void add_totp(http::Router& router, const Routes& room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/mfa/totp",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Makes a secret for an authenticator app; its first code turns it on.",
             .response = "TotpEnrolment",
             .errors = {"factors.totp_on", "sessions.proof_too_old", "accounts.not_found"}},
        .handler = [room](const Call& call) { return begin_totp(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/mfa/totp/confirm",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Turns the authenticator app on and shows recovery codes, once.",
             .request = "TotpCode",
             .response = "RecoveryCodes",
             .errors = {"factors.code_wrong", "factors.totp_not_begun", "sessions.proof_too_old"}},
        .handler = [room](const Call& call) { return confirm_totp(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/me/mfa/totp",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Turns the authenticator app off.",
             .status = 204,
             .errors = {"factors.totp_off", "sessions.proof_too_old"}},
        .handler = [room](const Call& call) { return remove_totp(room, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, const Routes& room) {
    for (const auto& schema : {state_schema, enrolment_schema, code_schema, recovery_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/mfa",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows which second factors you have turned on.",
             .response = "SecondFactors"},
        .handler = [room](const Call& call) { return show(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/mfa/recovery_codes",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Makes new recovery codes and shows them, once; the old ones end.",
             .response = "RecoveryCodes",
             .status = 201,
             .errors = {"factors.none_on", "sessions.proof_too_old"}},
        .handler = [room](const Call& call) { return renew_codes(room, call); },
    });
    add_totp(router, room);
}

}  // namespace acme::factors
