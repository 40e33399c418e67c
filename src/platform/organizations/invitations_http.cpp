// Inviting into the organization of the session.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/organizations/calls.hpp"
#include "platform/organizations/invitations.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::organizations {
namespace {

using http::Access;
using http::Call;
using http::Response;
using idempotency::Need;

constexpr http::Schema invitation_schema{"Invitation", R"({
  "type": "object",
  "required": ["id", "email", "role", "inviter", "state", "created_at", "expires_at"],
  "properties": {
    "id": {"type": "string"},
    "email": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]},
    "inviter": {"type": "string"},
    "state": {"type": "string", "enum": ["open", "expired"]},
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema invitations_schema{"Invitations", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Invitation"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema new_invitation_schema{"NewInvitation", R"({
  "type": "object",
  "required": ["email", "role"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "minLength": 1, "maxLength": 254},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]}
  }
})"};

boost::json::object to_json(const Room& room, const Invitation& invitation) {
    const bool is_open = !room.invitations.is_expired(invitation);
    return {
        {"id", invitation.id.str()},
        {"email", invitation.email},
        {"role", name_of(invitation.role)},
        {"inviter", invitation.inviter},
        {"state", is_open ? "open" : "expired"},
        {"created_at", http::to_json(invitation.created_at)},
        {"expires_at", http::to_json(invitation.expires_at)},
    };
}

Result<InvitationId> invitation_id_in(const Call& call) {
    if (const auto here = check_org(call); !here) return std::unexpected(here.error());
    const auto id = InvitationId::parse(call.params[1]);
    if (id) return *id;
    return refuse(
        ErrorKind::not_found, "organizations.no_invitation", "There is no such invitation."
    );
}

Task<Result<Response>> list(Room& room, const Call& call) {
    ACME_TRY(check_org(call));
    const OrgId org = call.who().org;
    const std::string scope = "invitations " + org.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto before = InvitationId::parse(asked.after);
    const auto found = co_await room.invitations.list(call.context, org, before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Invitation& invitation : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(room, invitation));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> invite(Room& room, const Call& call) {
    ACME_TRY(check_org(call));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string email = fields.text("email", {1, accounts::email_bytes_max});
    const std::string role = fields.choice("role", {"member", "admin", "owner"});
    ACME_TRY(fields.finish());
    auto transaction = co_await room.accounts.begin(call.context);
    auto claim = ACME_TRY(
        co_await room.idempotency.claim(transaction, call, email + "\n" + role, Need::required)
    );
    if (claim.replay) co_return *std::move(claim.replay);
    const auto made = ACME_TRY(co_await room.invitations.add(
        transaction,
        call.context,
        doer_of(room, call),
        std::move(email),
        accounts::org_role_of(role).value_or(OrgRole::member)
    ));
    Response response = http::json(201, to_json(room, made));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> resend(Room& room, const Call& call) {
    const auto id = ACME_TRY(invitation_id_in(call));
    auto transaction = co_await room.accounts.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, "", Need::required));
    if (claim.replay) co_return *std::move(claim.replay);
    const auto sent = ACME_TRY(
        co_await room.invitations.resend(transaction, call.context, doer_of(room, call), id)
    );
    Response response = http::json(200, to_json(room, sent));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> revoke(Room& room, const Call& call) {
    const auto id = ACME_TRY(invitation_id_in(call));
    ACME_TRY(co_await room.invitations.revoke(call.context, doer_of(room, call), id));
    co_return Response{.status = 204};
}

void add_mailing_routes(http::Router& router, Room& room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs/{org}/invitations",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Invites an address by mail; only owners invite owners.",
             .request = "NewInvitation",
             .response = "Invitation",
             .status = 201,
             .errors =
                 {"organizations.not_found",
                  "organizations.already_member",
                  "organizations.already_invited",
                  "organizations.too_many_invitations",
                  "accounts.invalid",
                  "accounts.no_mail",
                  "http.key_required",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [&](const Call& call) { return invite(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs/{org}/invitations/{id}:resend",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Sends the mail of an invitation again; it is good for another week.",
             .response = "Invitation",
             .errors =
                 {"organizations.not_found",
                  "organizations.no_invitation",
                  "organizations.too_many_mails",
                  "accounts.no_mail",
                  "http.key_required",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [&](const Call& call) { return resend(room, call); },
    });
}

}  // namespace

void add_invitation_routes(http::Router& router, Room& room) {
    for (const auto& schema : {invitation_schema, invitations_schema, new_invitation_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/invitations",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the invitations that nobody has accepted, newest first.",
             .response = "Invitations",
             .query = {"limit", "cursor"},
             .errors = {"organizations.not_found", "http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(room, call); },
    });
    add_mailing_routes(router, room);
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/orgs/{org}/invitations/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Withdraws an invitation: its link and code are good no more.",
             .status = 204,
             .errors = {"organizations.not_found", "organizations.no_invitation"}},
        .handler = [&](const Call& call) { return revoke(room, call); },
    });
}

}  // namespace acme::organizations
