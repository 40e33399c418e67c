// Making one's own account, and setting a password that was forgotten. Nobody is signed in here, so
// the router does not ask who calls: what another site sends is refused by each handler.
#include "platform/sessions/sign_up_http.hpp"

#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/accounts/sign_ups.hpp"
#include "platform/sessions/proof_fields.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/second_step.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_json.hpp"
#include "platform/sessions/tries.hpp"

#include <prometheus/counter.h>

namespace acme::sessions {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

/// JSON may spend six bytes on one.
constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

constexpr http::Length email_length{1, accounts::email_bytes_max};
constexpr http::Length password_length{accounts::password_chars_min, accounts::password_bytes_max};

constexpr http::Schema options_schema{"SignInOptions", R"({
  "type": "object",
  "required": ["sign_up", "mail"],
  "properties": {
    "sign_up": {"type": "string", "enum": ["open", "invite", "closed"]},
    "mail": {"type": "string", "enum": ["smtp", "mailbox", "none"]}
  }
})"};

constexpr http::Schema sign_up_schema{"SignUp", R"({
  "type": "object",
  "required": ["email", "password", "name"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "minLength": 1, "maxLength": 254},
    "password": {"type": "string", "minLength": 10, "maxLength": 1024},
    "name": {"type": "string", "minLength": 1, "maxLength": 120}
  }
})"};

constexpr http::Schema asked_schema{"MailAsked", R"({
  "type": "object",
  "required": ["mail"],
  "properties": {"mail": {"type": "string", "enum": ["smtp", "mailbox", "none"]}}
})"};

constexpr http::Schema verify_schema{"EmailProof", R"({
  "type": "object",
  "required": ["password"],
  "additionalProperties": false,
  "properties": {
    "token": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "email": {"type": ["string", "null"], "minLength": 1, "maxLength": 254},
    "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 20},
    "password": {"type": "string", "minLength": 1, "maxLength": 1024}
  }
})"};

constexpr http::Schema forgot_schema{"PasswordForgotten", R"({
  "type": "object",
  "required": ["email"],
  "additionalProperties": false,
  "properties": {"email": {"type": "string", "minLength": 1, "maxLength": 254}}
})"};

constexpr http::Schema reset_schema{"PasswordReset", R"({
  "type": "object",
  "required": ["new"],
  "additionalProperties": false,
  "properties": {
    "token": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "email": {"type": ["string", "null"], "minLength": 1, "maxLength": 254},
    "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 20},
    "new": {"type": "string", "minLength": 10, "maxLength": 1024},
    "second": {
      "type": ["object", "null"],
      "required": ["method"],
      "additionalProperties": false,
      "properties": {
        "method": {"type": "string", "enum": ["totp", "recovery", "webauthn"]},
        "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 40},
        "credential": {
          "type": ["object", "null"],
          "additionalProperties": true,
          "description": "AuthenticationResponseJSON of Web Authentication Level 3."
        }
      }
    }
  }
})"};

void count(Entrance& entrance, const char* kind, const char* result) {
    entrance.metrics
        .counter(
            "auth_events_total",
            "Signing in and out, by what became of it.",
            {{"kind", kind}, {"result", result}}
        )
        .Increment();
}

Task<Result<>> admit(Entrance& entrance, const Call& call, std::string account) {
    ACME_TRY(check_same_site(call.request));
    co_return co_await entrance.tries.admit(
        call.context, std::move(account), entrance.sessions.address_of(call.request)
    );
}

Task<Result<Response>> show_options(Entrance& entrance) {
    Response response = http::json(
        200,
        {{"sign_up", accounts::name_of(entrance.sign_ups.allowed())},
         {"mail", entrance.sign_ups.mail_way()}}
    );
    response.headers.emplace_back("Cache-Control", "no-cache");
    co_return response;
}

/// The same to everybody.
Response asked(const Entrance& entrance) {
    return http::json(202, {{"mail", entrance.sign_ups.mail_way()}});
}

Task<Result<Response>> sign_up(Entrance& entrance, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    accounts::NewUser user{
        .email = fields.text("email", email_length),
        .name = fields.text("name", {1, accounts::name_chars_max}),
    };
    Secret password(fields.text("password", password_length));
    ACME_TRY(fields.finish());
    ACME_TRY(co_await admit(entrance, call, account_of("sign-up", user.email)));
    ACME_TRY(co_await entrance.sign_ups.ask(
        call.context,
        entrance.sessions.address_of(call.request),
        std::move(user),
        std::move(password)
    ));
    count(entrance, "sign_up", "ok");
    co_return asked(entrance);
}

/// Whoever proved it is signed in: they have said their password.
Task<Result<Response>> verify(Entrance& entrance, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    accounts::Brought brought = read_proof(fields);
    Secret password(fields.text("password", {1, accounts::password_bytes_max}));
    ACME_TRY(fields.finish());
    const std::string account = account_of(brought);
    ACME_TRY(co_await admit(entrance, call, account));
    const std::string address = entrance.sessions.address_of(call.request);
    const auto user = co_await entrance.sign_ups.verify(
        call.context, address, std::move(brought), std::move(password)
    );
    count(entrance, "verify", user ? "ok" : "refused");
    if (!user) co_return std::unexpected(user.error());
    co_await entrance.tries.give_back(call.context, account, address);
    SignIn sign_in{.user = *user, .origin = {}};
    sign_in.origin = {
        .method = "link",
        .user_agent = std::string(call.request.header("user-agent")),
        .ip = address,
    };
    const auto former = co_await entrance.sessions.identify(call.request, call.context);
    if (former) sign_in.former = *former;
    auto begun = ACME_TRY(co_await entrance.sessions.begin(call.context, std::move(sign_in)));
    Response response = http::json(200, to_json(begun.session, true));
    response.headers.emplace_back("Set-Cookie", std::move(begun.cookie));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> forgot(Entrance& entrance, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string email = fields.text("email", email_length);
    ACME_TRY(fields.finish());
    ACME_TRY(co_await admit(entrance, call, account_of("forgot", email)));
    ACME_TRY(co_await entrance.sign_ups.forget(
        call.context, entrance.sessions.address_of(call.request), std::move(email)
    ));
    count(entrance, "forgot", "ok");
    co_return asked(entrance);
}

/// The second factor of who sets a new password, as far as they brought one.
struct Second {
    Entrance& entrance;
    std::string address;
    std::optional<factors::Presented> presented = std::nullopt;
    std::optional<factors::Step> step = std::nullopt;  // what is still to be brought
};

Result<std::optional<factors::Presented>> second_in(Fields& fields) {
    const boost::json::value* const value = fields.any("second");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_object()) {
        fields.complain("second", "http.field_type", "must be an object");
        return std::nullopt;
    }
    Fields inner(value->get_object(), "/second");
    auto presented = read_presented(inner);
    if (!presented) inner.complain("method", "http.field_missing", "One of the methods.");
    if (auto finished = inner.finish(); !finished) return std::unexpected(finished.error());
    return presented;
}

/// All that is wrong, at once.
Result<> both(Result<> outer, const Result<std::optional<factors::Presented>>& inner) {
    if (inner) return outer;
    if (outer) return std::unexpected(inner.error());
    const auto& more = inner.error().fields;
    outer.error().fields.insert(outer.error().fields.end(), more.begin(), more.end());
    return outer;
}

/// Whoever has only the mail of somebody shall not pass what else that person signs in with.
Task<Result<>> check_second(
    Second& second, pg::Transaction& transaction, trace::Context context, UserId user
) {
    factors::Factors& factors = second.entrance.factors;
    factors::Passed passed{.user = user, .method = "mail", .use = factors::Use::reset};
    second.step = co_await factors.ask(context, std::move(passed));
    if (!second.step) co_return done;
    if (!second.presented) {
        co_return refuse(
            ErrorKind::unauthenticated, "sessions.mfa_required", "The second factor is missing."
        );
    }
    Attempt attempt{
        .user = user, .address = second.address, .presented = *std::move(second.presented)
    };
    second.step.reset();
    const Judges judges{factors, second.entrance.passkeys, second.entrance.tries};
    co_return co_await pass_second(judges, transaction, context, std::move(attempt));
}

/// Begins no session: whoever has only the mail of somebody shall not pass what else that person
/// signs in with.
Task<Result<Response>> reset(Entrance& entrance, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    accounts::Brought brought = read_proof(fields);
    Secret password(fields.text("new", password_length));
    auto presented = second_in(fields);
    ACME_TRY(both(fields.finish(), presented));
    const std::string account = account_of(brought);
    ACME_TRY(co_await admit(entrance, call, account));
    const std::string address = entrance.sessions.address_of(call.request);
    Second second{
        .entrance = entrance, .address = address, .presented = ACME_TRY(std::move(presented))
    };
    const accounts::ResetCheck check =
        [&](pg::Transaction& transaction, trace::Context context, UserId user) {
            return check_second(second, transaction, context, user);
        };
    const auto set = co_await entrance.sign_ups.reset(
        call.context, address, std::move(brought), std::move(password), check
    );
    count(entrance, "reset", set ? "ok" : "refused");
    if (!set && second.step) {
        co_await entrance.tries.give_back(call.context, account, address);
        co_return mfa_required(*second.step, call);
    }
    if (!set) co_return std::unexpected(set.error());
    co_await entrance.tries.give_back(call.context, account, address);
    Response response{.status = 204};
    response.headers.emplace_back("Set-Cookie", entrance.sessions.cookie().clear());
    co_return response;
}

void add_reset_routes(http::Router& router, Entrance& entrance) {
    router.add_schema(forgot_schema);
    router.add_schema(reset_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/password/forgot",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Sends a mail to set a new password with, if the address has an account.",
             .request = "PasswordForgotten",
             .response = "MailAsked",
             .status = 202,
             .errors =
                 {"accounts.invalid",
                  "accounts.no_mail",
                  "access.cross_site",
                  "sessions.too_many_tries"}},
        .handler = [&](const Call& call) { return forgot(entrance, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/password/reset",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Sets a new password with what the mail said and ends all sessions.",
             .request = "PasswordReset",
             .status = 204,
             .errors =
                 {"accounts.invalid",
                  "accounts.proof_invalid",
                  "factors.refused",
                  "factors.too_many_codes",
                  "access.cross_site",
                  "sessions.mfa_required",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return reset(entrance, call); },
    });
}

}  // namespace

void add_sign_up_routes(http::Router& router, Entrance& entrance) {
    router.add_schema(options_schema);
    router.add_schema(sign_up_schema);
    router.add_schema(asked_schema);
    router.add_schema(verify_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/auth/options",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows who may make an account here, and where mails go.",
             .response = "SignInOptions"},
        .handler = [&](const Call&) { return show_options(entrance); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/signup",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Asks for an account; a mail to the address says how to go on.",
             .request = "SignUp",
             .response = "MailAsked",
             .status = 202,
             .errors =
                 {"accounts.invalid",
                  "accounts.sign_up_closed",
                  "accounts.no_mail",
                  "access.cross_site",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return sign_up(entrance, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/email/verify",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes the account with what the mail said and the password, and signs in.",
             .request = "EmailProof",
             .response = "Session",
             .errors =
                 {"accounts.invalid",
                  "accounts.proof_invalid",
                  "accounts.sign_up_closed",
                  "access.cross_site",
                  "sessions.no_user",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return verify(entrance, call); },
    });
    add_reset_routes(router, entrance);
}

}  // namespace acme::sessions
