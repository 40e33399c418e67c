#include "platform/accounts/accounts_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/permissions.hpp"

#include <boost/json/array.hpp>

namespace acme::accounts {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t name_json_bytes_max = std::size_t{16} * 1024;

constexpr http::Schema me_schema{"Me", R"({
  "type": "object",
  "required": ["id", "email", "name", "org", "platform_role", "permissions", "created_at"],
  "properties": {
    "id": {"type": "string"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "org": {
      "type": "object",
      "required": ["id", "name", "role"],
      "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "role": {"type": "string", "enum": ["member", "admin", "owner"]}
      }
    },
    "platform_role": {"type": ["string", "null"], "enum": ["viewer", "operator", "admin", null]},
    "permissions": {"type": "array", "items": {"type": "string"}},
    "created_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema patch_schema{"MePatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 120}}
})"};

/// Also of the organization, which another session of the same user may not have.
std::string etag_of(const User& user, const Identity& who) {
    return "\"" + std::to_string(user.version) + "." + who.org.str() + "\"";
}

Response to_response(const User& user, const Organization& org, const Identity& who) {
    boost::json::array permissions;
    for (std::string_view permission : permissions_of(who)) permissions.emplace_back(permission);
    boost::json::object json{
        {"id", user.id.str()},
        {"email", user.email},
        {"name", user.name},
        {"org", {{"id", org.id.str()}, {"name", org.name}, {"role", name_of(org.role)}}},
        {"platform_role", nullptr},
        {"permissions", std::move(permissions)},
        {"created_at", http::to_json(user.created_at)},
    };
    if (user.platform_role) json["platform_role"] = name_of(*user.platform_role);
    Response response = http::json(200, json);
    response.headers.emplace_back("ETag", etag_of(user, who));
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    return response;
}

Task<Result<Response>> show(Accounts& accounts, const Call& call) {
    const Identity& who = call.who();
    const User user = ACME_TRY(co_await accounts.find(call.context, who.user));
    const std::string etag = etag_of(user, who);
    if (http::is_not_modified(call.request, etag)) {
        co_return Response{.status = 304, .headers = {{"ETag", etag}}};
    }
    const Organization org =
        ACME_TRY(co_await accounts.organization_of(call.context, who.org, who.user));
    co_return to_response(user, org, who);
}

Task<Result<Response>> patch(
    Accounts& accounts, const Networks& trusted_proxies, const Call& call
) {
    const Identity& who = call.who();
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto name = fields.optional_text("name", {1, name_chars_max});
    ACME_TRY(fields.finish());
    User user = ACME_TRY(co_await accounts.find(call.context, who.user));
    ACME_TRY(http::check_if_match(call.request, etag_of(user, who)));
    if (name && *name != user.name) {
        audit::Actor actor{
            .name = who.user.str(),
            .org = who.org,
            .ip = http::client_address(call.request, trusted_proxies),
        };
        user = ACME_TRY(
            co_await accounts.rename(call.context, std::move(actor), who.user, user.version, *name)
        );
    }
    const Organization org =
        ACME_TRY(co_await accounts.organization_of(call.context, who.org, who.user));
    co_return to_response(user, org, who);
}

}  // namespace

void add_routes(http::Router& router, Accounts& accounts, const Networks& trusted_proxies) {
    router.add_schema(me_schema);
    router.add_schema(patch_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows who you are and what you may do.", .response = "Me"},
        .handler = [&](const Call& call) { return show(accounts, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/me",
        .access = Access::signed_in(),
        .body_bytes_max = name_json_bytes_max,
        .doc =
            {.summary = "Changes your name.",
             .request = "MePatch",
             .response = "Me",
             .errors =
                 {"accounts.invalid", "http.precondition_required", "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [&](const Call& call) { return patch(accounts, trusted_proxies, call); },
    });
}

}  // namespace acme::accounts
