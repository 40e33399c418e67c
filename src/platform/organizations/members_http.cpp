// Who belongs to the organization of the session.
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "platform/organizations/calls.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::organizations {
namespace {

using accounts::Member;
using http::Access;
using http::Call;
using http::Response;

constexpr http::Schema member_schema{"Member", R"({
  "type": "object",
  "required": ["id", "email", "name", "state", "role", "since"],
  "properties": {
    "id": {"type": "string"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "state": {"type": "string", "enum": ["active", "disabled"]},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]},
    "since": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema members_schema{"Members", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Member"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema member_patch_schema{"MemberPatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {"role": {"type": "string", "enum": ["member", "admin", "owner"]}}
})"};

boost::json::object to_json(const Member& member) {
    return {
        {"id", member.user.str()},
        {"email", member.email},
        {"name", member.name},
        {"state", accounts::name_of(member.state)},
        {"role", name_of(member.role)},
        {"since", http::to_json(member.since)},
    };
}

Response to_response(const Member& member) {
    Response response = http::json(200, to_json(member));
    response.headers.emplace_back("ETag", http::etag_of(member.version));
    return response;
}

Result<UserId> user_id_in(const Call& call) {
    if (const auto here = check_org(call); !here) return std::unexpected(here.error());
    const auto user = UserId::parse(call.params[1]);
    if (user) return *user;
    return refuse(
        ErrorKind::not_found, "accounts.not_member", "The organization has no such member."
    );
}

Task<Result<Response>> list(Room& room, const Call& call) {
    ACME_TRY(check_org(call));
    const OrgId org = call.who().org;
    const std::string scope = "members " + org.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto after = UserId::parse(asked.after);
    const auto members = co_await room.memberships.list(call.context, org, after, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Member& member : members) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, members[data.size() - 1].user.str());
            break;
        }
        data.push_back(to_json(member));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> show(Room& room, const Call& call) {
    const UserId user = ACME_TRY(user_id_in(call));
    co_return to_response(
        ACME_TRY(co_await room.memberships.find(call.context, call.who().org, user))
    );
}

Task<Result<Response>> patch(Room& room, const Call& call) {
    const UserId user = ACME_TRY(user_id_in(call));
    const Member member =
        ACME_TRY(co_await room.memberships.find(call.context, call.who().org, user));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto role = fields.optional_choice("role", {"member", "admin", "owner"});
    ACME_TRY(fields.finish());
    ACME_TRY(http::check_if_match(call.request, http::etag_of(member.version)));
    co_return to_response(ACME_TRY(co_await room.memberships.change_role(
        call.context,
        doer_of(room, call),
        user,
        member.version,
        accounts::org_role_of(role.value_or("")).value_or(member.role)
    )));
}

Task<Result<Response>> remove(Room& room, const Call& call) {
    const UserId user = ACME_TRY(user_id_in(call));
    ACME_TRY(co_await room.memberships.remove(call.context, doer_of(room, call), user));
    co_return Response{.status = 204};
}

void add_changes(http::Router& router, Room& room) {
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/orgs/{org}/members/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Changes the role of a member; only owners make or change owners.",
             .request = "MemberPatch",
             .response = "Member",
             .errors =
                 {"organizations.not_found",
                  "accounts.not_member",
                  "accounts.last_owner",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [&](const Call& call) { return patch(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/orgs/{org}/members/{id}",
        // Everybody may leave; for others the room asks for more.
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Removes a member, or yourself. Only owners remove owners.",
             .status = 204,
             .errors =
                 {"organizations.not_found",
                  "accounts.not_member",
                  "accounts.last_owner",
                  "access.role_required"}},
        .handler = [&](const Call& call) { return remove(room, call); },
    });
}

}  // namespace

void add_member_routes(http::Router& router, Room& room) {
    for (const auto& schema : {member_schema, members_schema, member_patch_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/members",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the members of the session's organization.",
             .response = "Members",
             .query = {"limit", "cursor"},
             .errors = {"organizations.not_found", "http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/members/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a member of the session's organization.",
             .response = "Member",
             .errors = {"organizations.not_found", "accounts.not_member"}},
        .handler = [&](const Call& call) { return show(room, call); },
    });
    add_changes(router, room);
}

}  // namespace acme::organizations
