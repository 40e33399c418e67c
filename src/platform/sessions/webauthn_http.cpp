// Signing in with a passkey, in place of a password or after it.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/factors/credential_fields.hpp"
#include "platform/factors/passkeys.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/signed_in.hpp"
#include "platform/sessions/tries.hpp"

#include <boost/json/array.hpp>

namespace acme::sessions {
namespace {

using boost::json::array;
using boost::json::object;
using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema ask_schema{"PasskeyAsked", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {"mfa_token": {"type": ["string", "null"], "minLength": 1, "maxLength": 400}}
})"};

constexpr http::Schema options_schema{"PasskeyRequest", R"({
  "type": "object",
  "required": ["public_key"],
  "properties": {
    "public_key": {
      "type": "object",
      "additionalProperties": true,
      "description": "PublicKeyCredentialRequestOptionsJSON of Web Authentication Level 3."
    }
  }
})"};

constexpr http::Schema verify_schema{"PasskeyAnswer", R"({
  "type": "object",
  "required": ["credential"],
  "additionalProperties": false,
  "properties": {
    "credential": {
      "type": "object",
      "additionalProperties": true,
      "description": "AuthenticationResponseJSON of Web Authentication Level 3."
    }
  }
})"};

/// Of the first step of either use: whoever has one knows whom it is about.
Result<std::optional<UserId>> user_of(const Auth& auth, const std::optional<std::string>& token) {
    if (!token) return std::nullopt;
    auto passed = auth.factors.passed_by(*token, factors::Use::sign_in);
    if (!passed) passed = auth.factors.passed_by(*token, factors::Use::reset);
    if (!passed) return std::unexpected(passed.error());
    return passed->user;
}

/// Without a token nobody is named, and the browser offers what it has. Source: W3C Web
/// Authentication Level 3, 5.1.10.
Task<Result<Response>> options(Auth& auth, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto token = fields.optional_text("mfa_token", {1, factors::step_token_chars_max});
    ACME_TRY(fields.finish());
    ACME_TRY(check_same_site(call.request));
    ACME_TRY(auth.passkeys.check_possible());
    const auto user = ACME_TRY(user_of(auth, token));
    array allowed;
    if (user) {
        for (const auto& passkey : co_await auth.passkeys.list(call.context, *user)) {
            allowed.push_back(object{{"type", "public-key"}, {"id", passkey.credential_id}});
        }
    }
    const std::int64_t timeout = std::chrono::milliseconds(factors::challenge_life).count();
    object key{
        {"rpId", auth.passkeys.party().id},
        {"challenge", auth.passkeys.challenge_of(user)},
        {"timeout", timeout},
        {"allowCredentials", std::move(allowed)},
        {"userVerification", user ? "preferred" : "required"},
    };
    Response response = http::json(200, {{"public_key", std::move(key)}});
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

/// In one transaction, so that no challenge is used up without a session.
Task<Result<Sessions::Begun>> begin_by_passkey(
    Auth& auth, const Call& call, factors::Assertion assertion
) {
    Origin origin = origin_of(auth.sessions, call, "passkey");
    auto former = co_await former_of(auth.sessions, call);
    auto transaction = co_await auth.factors.begin(call.context);
    const UserId user = ACME_TRY(co_await auth.passkeys.pass(
        transaction, call.context, origin.ip, std::nullopt, std::move(assertion)
    ));
    SignIn sign_in{.user = user, .origin = std::move(origin), .former = std::move(former)};
    co_return co_await auth.sessions.begin(
        std::move(transaction), call.context, std::move(sign_in)
    );
}

Task<Result<Response>> verify(Auth& auth, Metrics& metrics, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    auto assertion = factors::read_assertion(fields, "credential");
    if (!assertion) fields.complain("credential", "http.field_missing", "The browser's answer.");
    ACME_TRY(fields.finish());
    ACME_TRY(check_same_site(call.request));
    const std::string address = auth.sessions.address_of(call.request);
    ACME_TRY(co_await auth.tries.admit(call.context, "", address));
    auto begun = co_await begin_by_passkey(auth, call, *std::move(assertion));
    count_event(metrics, "passkey", begun ? "ok" : "refused");
    if (begun) co_await auth.tries.give_back(call.context, "", address);
    co_return signed_in(ACME_TRY(std::move(begun)));
}

}  // namespace

void add_webauthn_routes(http::Router& router, Auth& auth, Metrics& metrics) {
    for (const auto& schema : {ask_schema, options_schema, verify_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/webauthn/options",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes the options with which a browser uses a passkey, for five minutes.",
             .request = "PasskeyAsked",
             .response = "PasskeyRequest",
             .errors = {"factors.no_passkeys", "factors.token_invalid", "access.cross_site"}},
        .handler = [&](const Call& call) { return options(auth, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/webauthn/verify",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Signs in with a passkey alone and sets the session cookie.",
             .request = "PasskeyAnswer",
             .response = "Session",
             .errors =
                 {"factors.refused",
                  "access.cross_site",
                  "sessions.no_user",
                  "sessions.too_many_tries"}},
        .handler = [&](const Call& call) { return verify(auth, metrics, call); },
    });
}

}  // namespace acme::sessions
