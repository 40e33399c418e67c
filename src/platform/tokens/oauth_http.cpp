#include "platform/tokens/oauth_http.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/json.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/keys.hpp"
#include "platform/tokens/form.hpp"
#include "platform/tokens/oauth_calls.hpp"
#include "platform/tokens/tokens.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::tokens {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::string_view assertion_type =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::string_view device_grant = "urn:ietf:params:oauth:grant-type:device_code";

Response invalid_client() {
    return refusal(401, "invalid_client", "This is no service account, or not its secret or key.");
}

/// A request that was read: its form, and who proved to send it.
struct Asked {
    Form form;
    ServiceAccount account = {};  // as with_client() says
};

/// One of the two.
struct Read {
    std::optional<Asked> asked = std::nullopt;
    std::optional<Response> refusal = std::nullopt;
};

Task<std::optional<ServiceAccount>> client_of(Routes room, const Call& call, const Form& form) {
    const std::string_view assertion = value_in(form, "client_assertion");
    if (!assertion.empty()) {
        if (value_in(form, "client_assertion_type") != assertion_type) co_return std::nullopt;
        const auto account =
            co_await room.tokens.by_assertion(call.context, std::string(assertion));
        const std::string_view named = value_in(form, "client_id");
        if (account && !named.empty() && named != account->id.str()) co_return std::nullopt;
        co_return account;
    }
    Basic basic{
        .id = std::string(value_in(form, "client_id")),
        .secret = std::string(value_in(form, "client_secret")),
    };
    if (auto given = parse_basic(call.request.header("Authorization"))) basic = *std::move(given);
    const auto id = UserId::parse(basic.id);
    if (!id) co_return std::nullopt;
    co_return co_await room.accounts.by_secret(call.context, *id, std::move(basic.secret));
}

Task<Result<Read>> read_form(const Call& call) {
    if (!is_form(call.request)) {
        co_return Read{.refusal = refusal(400, "invalid_request", "The body must be a form.")};
    }
    const std::string body = ACME_TRY(co_await call.request.body.read_all(form_bytes_max));
    auto form = parse_form(body);
    if (!form) {
        co_return Read{.refusal = refusal(400, "invalid_request", "The form is malformed.")};
    }
    co_return Read{.asked = Asked{.form = *std::move(form)}};
}

/// With the account that sends it, or refused where it is none.
Task<Read> with_client(Routes room, const Call& call, Read sent) {
    if (sent.refusal) co_return sent;
    auto account = co_await client_of(room, call, sent.asked->form);
    if (!account) co_return Read{.refusal = invalid_client()};
    sent.asked->account = *std::move(account);
    co_return sent;
}

Task<Result<Read>> read(Routes room, const Call& call) {
    co_return co_await with_client(room, call, ACME_TRY(co_await read_form(call)));
}

Task<Result<Response>> give_token(Routes room, const Call& call) {
    Read sent = ACME_TRY(co_await read_form(call));
    if (sent.asked && value_in(sent.asked->form, "grant_type") == device_grant) {
        const std::string_view code = value_in(sent.asked->form, "device_code");
        co_return co_await give_device_key(room.devices, call, std::string(code));
    }
    sent = co_await with_client(room, call, std::move(sent));
    if (sent.refusal) co_return *std::move(sent.refusal);
    const Asked& asked = *sent.asked;
    if (value_in(asked.form, "grant_type") != "client_credentials") {
        co_return refusal(
            400, "unsupported_grant_type", "This grants client_credentials and device_code."
        );
    }
    std::optional<std::string> scope;
    if (asked.form.contains("scope")) scope = value_in(asked.form, "scope");
    auto token = co_await room.tokens.issue(call.context, asked.account, std::move(scope));
    if (!token && token.error().kind == ErrorKind::invalid) {
        co_return refusal(400, "invalid_scope", "The account has not these scopes.");
    }
    const Token made = ACME_TRY(std::move(token));
    call.context.trace->user_id = asked.account.id.str();
    co_return no_store({
        {"access_token", made.text},
        {"token_type", "Bearer"},
        {"expires_in", std::chrono::seconds(token_life).count()},
        {"scope", made.scope},
    });
}

/// Answers alike whether or not there was anything to revoke. An API key is ended by whoever holds
/// it: that is proof enough. Source: RFC 7009, 2.
Task<Result<Response>> revoke(Routes room, const Call& call) {
    Read sent = ACME_TRY(co_await read_form(call));
    std::string ip = http::client_address(call.request, room.trusted_proxies);
    if (sent.asked && value_in(sent.asked->form, "token").starts_with(keys::key_prefix)) {
        std::string key(value_in(sent.asked->form, "token"));
        co_await room.api_keys.revoke_presented(call.context, std::move(ip), std::move(key));
        co_return Response{.status = 200};
    }
    sent = co_await with_client(room, call, std::move(sent));
    if (sent.refusal) co_return *std::move(sent.refusal);
    const Asked& asked = *sent.asked;
    audit::Actor actor{
        .name = asked.account.id.str(),
        .org = asked.account.org,
        .ip = std::move(ip),
    };
    co_await room.tokens.revoke(
        call.context,
        std::move(actor),
        asked.account.org,
        std::string(value_in(asked.form, "token"))
    );
    co_return Response{.status = 200};
}

/// Of tokens of the caller's organization. Source: RFC 7662, 2.2.
Task<Result<Response>> introspect(Routes room, const Call& call) {
    Read sent = ACME_TRY(co_await read(room, call));
    if (sent.refusal) co_return *std::move(sent.refusal);
    const Asked& asked = *sent.asked;
    const auto claims =
        co_await room.tokens.inspect(call.context, std::string(value_in(asked.form, "token")));
    if (!claims || claims->org != asked.account.org.str()) {
        co_return no_store({{"active", false}});
    }
    const auto seconds = [](WallTime time) {
        return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    };
    co_return no_store({
        {"active", true},
        {"scope", claims->scope},
        {"client_id", claims->subject},
        {"sub", claims->subject},
        {"token_type", "Bearer"},
        {"iss", claims->issuer},
        {"aud", claims->audience},
        {"jti", claims->id},
        {"iat", seconds(claims->issued_at)},
        {"exp", seconds(claims->expires_at)},
    });
}

Task<Result<Response>> show_keys(Routes room, const Call& call) {
    boost::json::array keys;
    for (const SigningKey& key : co_await room.keys.list(call.context)) {
        keys.push_back(boost::json::parse(key.public_jwk));
    }
    Response response = http::json(200, boost::json::object{{"keys", std::move(keys)}});
    const std::string etag = "\"" + to_base64url(sha256(response.body)).substr(0, 22) + "\"";
    const bool is_same = http::is_not_modified(call.request, etag);
    if (is_same) response = Response{.status = 304};
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "public, max-age=3600");
    co_return response;
}

Task<Result<Response>> describe(Routes room) {
    const std::string& url = room.tokens.url();
    const boost::json::array methods{
        "client_secret_basic", "client_secret_post", "private_key_jwt"
    };
    Response response = http::json(
        200,
        boost::json::object{
            {"issuer", url},
            {"token_endpoint", url + "/oauth/token"},
            {"revocation_endpoint", url + "/oauth/revoke"},
            {"introspection_endpoint", url + "/oauth/introspect"},
            {"jwks_uri", url + "/.well-known/jwks.json"},
            {"response_types_supported", boost::json::array{}},
            {"grant_types_supported", boost::json::array{"client_credentials", device_grant}},
            {"device_authorization_endpoint", url + "/oauth/device_authorization"},
            {"token_endpoint_auth_methods_supported", methods},
            {"token_endpoint_auth_signing_alg_values_supported", boost::json::array{"RS256"}},
        }
    );
    response.headers.emplace_back("Cache-Control", "public, max-age=3600");
    co_return response;
}

using Handle = Task<Result<Response>> (*)(Routes, const Call&);

void add_form(
    http::Router& router,
    Routes room,
    std::string_view pattern,
    std::string_view about,
    Handle handle
) {
    router.add({
        .method = http::Method::post,
        .pattern = pattern,
        .access = Access::anyone(),
        .body_bytes_max = form_bytes_max,
        .doc = {.summary = about, .request_type = form_type},
        .handler = [room, handle](const Call& call) { return handle(room, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Routes room) {
    add_form(router, room, "/oauth/token", "Gives a service account a token.", give_token);
    add_form(router, room, "/oauth/revoke", "Ends a token.", revoke);
    add_form(router, room, "/oauth/introspect", "Tells what a token is good for.", introspect);
    router.add({
        .method = http::Method::get,
        .pattern = "/.well-known/jwks.json",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows the keys that tokens are signed with.", .also = {304}},
        .handler = [room](const Call& call) { return show_keys(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/.well-known/oauth-authorization-server",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Tells where tokens are given, and how one proves who one is."},
        .handler = [room](const Call&) { return describe(room); },
    });
    add_device_routes(router, room.devices);
}

}  // namespace acme::tokens
