// Signing in and out.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/second_step.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/signed_in.hpp"
#include "platform/sessions/tries.hpp"

namespace acme::sessions {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

/// JSON may spend six bytes on one.
constexpr std::size_t credentials_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema login_schema{"Login", R"({
  "type": "object",
  "required": ["email", "password"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "minLength": 1, "maxLength": 254},
    "password": {"type": "string", "minLength": 1, "maxLength": 1024}
  }
})"};

constexpr http::Schema link_schema{"SignInLinkToken", R"({
  "type": "object",
  "required": ["token"],
  "additionalProperties": false,
  "properties": {"token": {"type": "string", "minLength": 1, "maxLength": 100}}
})"};

constexpr http::Schema change_schema{"PasswordChange", R"({
  "type": "object",
  "required": ["new"],
  "additionalProperties": false,
  "properties": {
    "current": {"type": ["string", "null"], "maxLength": 1024},
    "new": {"type": "string", "minLength": 10, "maxLength": 1024}
  }
})"};

Response signed_out(const Sessions& sessions) {
    Response response{.status = 204};
    response.headers.emplace_back("Set-Cookie", sessions.cookie().clear());
    return response;
}

/// Else another site could sign a browser in as somebody of its own: the router does not ask where
/// anyone may come.
Task<Result<Response>> log_in(Auth& auth, Metrics& metrics, const Call& call) {
    ACME_TRY(check_same_site(call.request));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string email = fields.text("email", {1, accounts::email_bytes_max});
    Secret password(fields.text("password", {1, accounts::password_bytes_max}));
    ACME_TRY(fields.finish());
    const std::string address = auth.sessions.address_of(call.request);
    const auto admitted = co_await auth.tries.admit(call.context, email, address);
    if (!admitted) {
        count_event(metrics, "login", "limited");
        co_return std::unexpected(admitted.error());
    }
    const auto owner = co_await auth.passwords.verify(call.context, email, std::move(password));
    if (!owner) {
        // Whoever is sent away because there is too much to do has not tried.
        const bool is_busy = owner.error().kind == ErrorKind::unavailable;
        if (is_busy) co_await auth.tries.give_back(call.context, email, address);
        count_event(metrics, "login", "refused");
        co_return std::unexpected(owner.error());
    }
    co_await auth.tries.give_back(call.context, email, address);
    factors::Passed passed{
        .user = owner->user, .token_epoch = owner->token_epoch, .method = "password"
    };
    if (const auto step = co_await auth.factors.ask(call.context, std::move(passed))) {
        count_event(metrics, "login", "mfa_required");
        co_return mfa_required(*step, call);
    }
    SignIn sign_in{
        .user = owner->user,
        .origin = origin_of(auth.sessions, call, "password"),
        .token_epoch = owner->token_epoch,
        .former = co_await former_of(auth.sessions, call),
    };
    auto begun = co_await auth.sessions.begin(call.context, std::move(sign_in));
    count_event(metrics, "login", begun ? "ok" : "refused");
    co_return signed_in(ACME_TRY(std::move(begun)));
}

/// In one transaction, so that no link is used up without a session.
Task<Result<Sessions::Begun>> begin_by_link(Auth& auth, const Call& call, std::string token) {
    Origin origin = origin_of(auth.sessions, call, "link");
    auto former = co_await former_of(auth.sessions, call);
    auto transaction = co_await auth.links.begin(call.context);
    const UserId user =
        ACME_TRY(co_await auth.links.consume(transaction, call.context, std::move(token), origin.ip)
        );
    SignIn sign_in{.user = user, .origin = std::move(origin), .former = std::move(former)};
    co_return co_await auth.sessions.begin(
        std::move(transaction), call.context, std::move(sign_in)
    );
}

Task<Result<Response>> follow_link(Auth& auth, Metrics& metrics, const Call& call) {
    ACME_TRY(check_same_site(call.request));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string token = fields.text("token", {1, 100});
    ACME_TRY(fields.finish());
    const std::string address = auth.sessions.address_of(call.request);
    const auto admitted = co_await auth.tries.admit(call.context, "", address);
    if (!admitted) {
        count_event(metrics, "link", "limited");
        co_return std::unexpected(admitted.error());
    }
    auto begun = co_await begin_by_link(auth, call, token);
    count_event(metrics, "link", begun ? "ok" : "refused");
    if (begun) co_await auth.tries.give_back(call.context, "", address);
    co_return signed_in(ACME_TRY(std::move(begun)));
}

Task<Result<Response>> log_out(Auth& auth, Metrics& metrics, const Call& call) {
    if (call.who().session) {
        auto address = auth.sessions.address_of(call.request);
        std::ignore = co_await auth.sessions.end(
            call.context, call.who(), std::move(address), *call.who().session
        );
    }
    count_event(metrics, "logout", "ok");
    co_return signed_out(auth.sessions);
}

Task<Result<Response>> log_out_everywhere(Auth& auth, Metrics& metrics, const Call& call) {
    co_await auth.sessions.end_all(
        call.context, call.who(), auth.sessions.address_of(call.request)
    );
    count_event(metrics, "logout_all", "ok");
    co_return signed_out(auth.sessions);
}

/// All sessions end, and this browser gets a new one.
Task<Result<Response>> change_password(Auth& auth, Metrics& metrics, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    constexpr auto most = accounts::password_bytes_max;
    Secret current(fields.optional_text("current", {0, most}).value_or(""));
    Secret next(fields.text("new", {accounts::password_chars_min, most}));
    ACME_TRY(fields.finish());
    const Identity& who = call.who();
    const std::string address = auth.sessions.address_of(call.request);
    ACME_TRY(co_await auth.tries.admit(call.context, who.user.str(), address));
    audit::Actor actor{.name = who.user.str(), .org = who.org, .ip = address};
    ACME_TRY(co_await auth.passwords.change(
        call.context, std::move(actor), who.user, std::move(current), std::move(next)
    ));
    co_await auth.tries.give_back(call.context, who.user.str(), address);
    count_event(metrics, "password_change", "ok");
    SignIn sign_in{.user = who.user, .origin = origin_of(auth.sessions, call, "password")};
    co_return signed_in(ACME_TRY(co_await auth.sessions.begin(call.context, std::move(sign_in))));
}

}  // namespace

void add_auth_routes(http::Router& router, Auth& auth, Metrics& metrics) {
    router.add_schema(login_schema);
    router.add_schema(link_schema);
    router.add_schema(change_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/login",
        .access = Access::anyone(),
        .body_bytes_max = credentials_bytes_max,
        .doc =
            {.summary = "Signs in with a password and sets the session cookie.",
             .request = "Login",
             .response = "Session",
             .errors =
                 {"accounts.credentials_wrong",
                  "access.cross_site",
                  "sessions.mfa_required",
                  "sessions.no_user",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return log_in(auth, metrics, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/link",
        .access = Access::anyone(),
        .body_bytes_max = credentials_bytes_max,
        .doc =
            {.summary = "Signs in with a link that works once and sets the session cookie.",
             .request = "SignInLinkToken",
             .response = "Session",
             .errors =
                 {"accounts.link_invalid",
                  "access.cross_site",
                  "sessions.no_user",
                  "sessions.too_many_tries"}},
        .handler = [&](const Call& call) { return follow_link(auth, metrics, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/logout",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Ends this session.", .status = 204},
        .handler = [&](const Call& call) { return log_out(auth, metrics, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/logout_all",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Ends all of your sessions.", .status = 204},
        .handler = [&](const Call& call) { return log_out_everywhere(auth, metrics, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/password/change",
        .access = Access::signed_in(),
        .body_bytes_max = credentials_bytes_max,
        .doc =
            {.summary = "Changes your password, ends all of your sessions and begins a new one.",
             .request = "PasswordChange",
             .response = "Session",
             .errors =
                 {"accounts.invalid",
                  "accounts.password_wrong",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return change_password(auth, metrics, call); },
    });
}

}  // namespace acme::sessions
