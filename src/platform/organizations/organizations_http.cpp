#include "platform/organizations/organizations_http.hpp"

#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/organizations/calls.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_json.hpp"

namespace acme::organizations {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr http::Schema organization_schema{"Organization", R"({
  "type": "object",
  "required": ["id", "name", "role", "current"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]},
    "current": {"type": "boolean"}
  }
})"};

constexpr http::Schema organizations_schema{"Organizations", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Organization"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema new_organization_schema{"NewOrganization", R"({
  "type": "object",
  "required": ["name"],
  "additionalProperties": false,
  "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 120}}
})"};

std::unexpected<Error> not_found() {
    return refuse(
        ErrorKind::not_found,
        "organizations.not_found",
        "There is no such organization, or this session is in another one."
    );
}

boost::json::object to_json(const accounts::Organization& organization, const Identity& who) {
    return {
        {"id", organization.id.str()},
        {"name", organization.name},
        {"role", name_of(organization.role)},
        {"current", organization.id == who.org},
    };
}

Task<Result<Response>> list(Room& room, const Call& call) {
    const UserId user = call.who().user;
    const std::string scope = "organizations " + user.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto after = OrgId::parse(asked.after);
    const auto found =
        co_await room.memberships.organizations_of(call.context, user, after, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const auto& organization : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(organization, call.who()));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> make(Room& room, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string name = fields.text("name", {1, accounts::name_chars_max});
    ACME_TRY(fields.finish());
    auto transaction = co_await room.accounts.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, name));
    if (claim.replay) co_return *std::move(claim.replay);
    const auto made = ACME_TRY(
        co_await room.memberships.make(transaction, call.context, doer_of(room, call), name)
    );
    Response response = http::json(201, to_json(made, call.who()));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_await room.accounts.announce(call.context, call.who().user);
    co_return response;
}

Task<Result<Response>> switch_to(Room& room, const Call& call) {
    const auto org = OrgId::parse(call.params[0]);
    if (!org) co_return not_found();
    sessions::Origin origin{
        .method = {},
        .user_agent = std::string(call.request.header("user-agent")),
        .ip = room.sessions.address_of(call.request),
    };
    auto begun =
        ACME_TRY(co_await room.sessions.switch_to(call.context, call.who(), std::move(origin), *org)
        );
    Response response = http::json(200, sessions::to_json(begun.session, true));
    response.headers.emplace_back("Set-Cookie", std::move(begun.cookie));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

accounts::Doer doer_of(const Room& room, const Call& call) {
    return {.who = call.who(), .ip = room.sessions.address_of(call.request)};
}

Result<> check_org(const Call& call) {
    if (OrgId::parse(call.params[0]) == call.who().org) return {};
    return not_found();
}

void add_own_routes(http::Router& router, Room& room) {
    for (const auto& schema :
         {organization_schema, organizations_schema, new_organization_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the organizations that you belong to.",
             .response = "Organizations",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes an organization of which you are the owner.",
             .request = "NewOrganization",
             .response = "Organization",
             .status = 201,
             .errors =
                 {"accounts.invalid",
                  "accounts.too_many_organizations",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [&](const Call& call) { return make(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs/{id}:switch",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Takes this session into another of your organizations, with a new cookie.",
             .response = "Session",
             .errors = {"organizations.not_found", "sessions.no_user"}},
        .handler = [&](const Call& call) { return switch_to(room, call); },
    });
}

void add_routes(http::Router& router, Room& room) {
    add_own_routes(router, room);
    add_member_routes(router, room);
    add_invitation_routes(router, room);
    add_acceptance_routes(router, room);
}

}  // namespace acme::organizations
