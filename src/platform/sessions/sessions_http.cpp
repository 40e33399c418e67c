#include "platform/sessions/sessions_http.hpp"

#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "platform/sessions/sessions_json.hpp"

namespace acme::sessions {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr http::Schema session_schema{"Session", R"({
  "type": "object",
  "required": ["id", "method", "user_agent", "ip", "created_at", "last_seen_at", "expires_at", "current"],
  "properties": {
    "id": {"type": "string"},
    "method": {"type": "string", "enum": ["password", "link", "passkey", "oidc"]},
    "user_agent": {"type": "string"},
    "ip": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "last_seen_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": "string", "format": "date-time"},
    "current": {"type": "boolean"}
  }
})"};

constexpr http::Schema sessions_schema{"Sessions", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

std::unexpected<Error> not_found() {
    return refuse(ErrorKind::not_found, "sessions.not_found", "There is no such session.");
}

Task<Result<Response>> list(Sessions& sessions, const http::Cursors& cursors, const Call& call) {
    const std::string scope = "sessions " + call.who().user.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    const auto before = SessionId::parse(asked.after);
    const auto found = co_await sessions.list(call.context, call.who(), before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Session& session : found) {
        if (std::ssize(data) == asked.limit) {
            next = cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(session, call.who().session == session.id));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> end(Sessions& sessions, const Call& call) {
    const auto id = SessionId::parse(call.params[0]);
    if (!id) co_return not_found();
    ACME_TRY(co_await sessions.end(call.context, call.who(), sessions.address_of(call.request), *id)
    );
    co_return Response{.status = 204};
}

Task<Result<Response>> end_all_of(Sessions& sessions, const Call& call) {
    const auto user = UserId::parse(call.params[0]);
    if (!user) {
        co_return refuse(ErrorKind::not_found, "accounts.not_found", "There is no such user.");
    }
    audit::Actor actor{
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = sessions.address_of(call.request),
    };
    ACME_TRY(co_await sessions.end_all_of(call.context, std::move(actor), *user));
    co_return Response{.status = 204};
}

}  // namespace

boost::json::object to_json(const Session& session, bool is_current) {
    return {
        {"id", session.id.str()},
        {"method", session.method},
        {"user_agent", session.user_agent},
        {"ip", session.ip},
        {"created_at", http::to_json(session.created_at)},
        {"last_seen_at", http::to_json(session.last_seen_at)},
        {"expires_at", http::to_json(session.expires_at)},
        {"current", is_current},
    };
}

void add_routes(http::Router& router, Sessions& sessions, const http::Cursors& cursors) {
    router.add_schema(session_schema);
    router.add_schema(sessions_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/sessions",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists your sessions, newest first.",
             .response = "Sessions",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(sessions, cursors, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/me/sessions/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Ends one of your sessions.",
             .status = 204,
             .errors = {"sessions.not_found"}},
        .handler = [&](const Call& call) { return end(sessions, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/users/{id}:revoke_sessions",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Ends every session of a user, on every device.",
             .status = 204,
             .errors = {"accounts.not_found"}},
        .handler = [&](const Call& call) { return end_all_of(sessions, call); },
    });
}

}  // namespace acme::sessions
