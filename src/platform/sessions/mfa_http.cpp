// The second step of signing in.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/second_step.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/signed_in.hpp"

namespace acme::sessions {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema verify_schema{"SecondStep", R"({
  "type": "object",
  "required": ["mfa_token", "method"],
  "additionalProperties": false,
  "properties": {
    "mfa_token": {"type": "string", "minLength": 1, "maxLength": 400},
    "method": {"type": "string", "enum": ["totp", "recovery", "webauthn"]},
    "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 40},
    "credential": {
      "type": ["object", "null"],
      "additionalProperties": true,
      "description": "AuthenticationResponseJSON of Web Authentication Level 3."
    }
  }
})"};

/// In one transaction, so that no code is used up without a session.
Task<Result<Sessions::Begun>> begin_by_second(
    Auth& auth, const Call& call, factors::Passed passed, factors::Presented presented
) {
    Origin origin = origin_of(auth.sessions, call, passed.method);
    auto former = co_await former_of(auth.sessions, call);
    auto transaction = co_await auth.factors.begin(call.context);
    Attempt attempt{.user = passed.user, .address = origin.ip, .presented = std::move(presented)};
    ACME_TRY(co_await pass_second(
        {auth.factors, auth.passkeys, auth.tries}, transaction, call.context, std::move(attempt)
    ));
    SignIn sign_in{
        .user = passed.user,
        .origin = std::move(origin),
        .token_epoch = passed.token_epoch,
        .former = std::move(former),
    };
    co_return co_await auth.sessions.begin(
        std::move(transaction), call.context, std::move(sign_in)
    );
}

Task<Result<Response>> verify(Auth& auth, Metrics& metrics, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string token = fields.text("mfa_token", {1, factors::step_token_chars_max});
    const auto presented = read_presented(fields);
    if (!presented) fields.complain("method", "http.field_missing", "One of the methods.");
    ACME_TRY(fields.finish());
    ACME_TRY(check_same_site(call.request));
    auto passed = ACME_TRY(auth.factors.passed_by(token, factors::Use::sign_in));
    auto begun = co_await begin_by_second(auth, call, std::move(passed), *presented);
    count_event(metrics, "mfa", begun ? "ok" : "refused");
    co_return signed_in(ACME_TRY(std::move(begun)));
}

}  // namespace

void add_mfa_routes(http::Router& router, Auth& auth, Metrics& metrics) {
    router.add_schema(verify_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/mfa/verify",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Signs in with a second factor after the first step and sets the cookie.",
             .request = "SecondStep",
             .response = "Session",
             .errors =
                 {"factors.token_invalid",
                  "factors.refused",
                  "factors.too_many_codes",
                  "access.cross_site",
                  "sessions.no_user",
                  "sessions.too_many_tries"}},
        .handler = [&](const Call& call) { return verify(auth, metrics, call); },
    });
}

}  // namespace acme::sessions
