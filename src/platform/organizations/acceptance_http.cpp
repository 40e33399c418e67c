// Looking at an invitation and accepting it. Nobody need be signed in here, so the router does not
// ask who calls: what another site sends is refused by each handler.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/organizations/calls.hpp"
#include "platform/organizations/invitations.hpp"
#include "platform/sessions/proof_fields.hpp"
#include "platform/sessions/same_site.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_json.hpp"
#include "platform/sessions/tries.hpp"

#include <prometheus/counter.h>

namespace acme::organizations {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr http::Schema proof_schema{"InvitationProof", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "token": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "email": {"type": ["string", "null"], "minLength": 1, "maxLength": 254},
    "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 20}
  }
})"};

constexpr http::Schema offer_schema{"InvitationOffer", R"({
  "type": "object",
  "required": ["organization", "email", "role", "inviter", "has_account", "expires_at"],
  "properties": {
    "organization": {"type": "string"},
    "email": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]},
    "inviter": {"type": "string"},
    "has_account": {"type": "boolean"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema acceptance_schema{"InvitationAcceptance", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "token": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "email": {"type": ["string", "null"], "minLength": 1, "maxLength": 254},
    "code": {"type": ["string", "null"], "minLength": 1, "maxLength": 20},
    "name": {"type": ["string", "null"], "minLength": 1, "maxLength": 120},
    "password": {"type": ["string", "null"], "minLength": 10, "maxLength": 1024}
  }
})"};

void count(Room& room, const char* result) {
    room.metrics
        .counter(
            "auth_events_total",
            "Signing in and out, by what became of it.",
            {{"kind", "invitation"}, {"result", result}}
        )
        .Increment();
}

Task<Result<>> admit(Room& room, const Call& call, std::string account) {
    ACME_TRY(sessions::check_same_site(call.request));
    co_return co_await room.tries.admit(
        call.context, std::move(account), room.sessions.address_of(call.request)
    );
}

Task<Result<Response>> show(Room& room, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    accounts::Brought brought = sessions::read_proof(fields);
    ACME_TRY(fields.finish());
    const std::string account = sessions::account_of(brought);
    ACME_TRY(co_await admit(room, call, account));
    const auto offer = ACME_TRY(co_await room.invitations.show(call.context, std::move(brought)));
    co_await room.tries.give_back(call.context, account, room.sessions.address_of(call.request));
    Response response = http::json(
        200,
        {{"organization", offer.organization},
         {"email", offer.invitation.email},
         {"role", name_of(offer.invitation.role)},
         {"inviter", offer.invitation.inviter},
         {"has_account", offer.has_account},
         {"expires_at", http::to_json(offer.invitation.expires_at)}}
    );
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

struct Asked {
    accounts::Brought brought;
    std::optional<Newcomer> newcomer = std::nullopt;
};

Task<Result<Asked>> read_asked(const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Asked asked{.brought = sessions::read_proof(fields)};
    const auto name = fields.optional_text("name", {1, accounts::name_chars_max});
    auto password = fields.optional_text(
        "password", {accounts::password_chars_min, accounts::password_bytes_max}
    );
    ACME_TRY(fields.finish());
    if (name && password) {
        asked.newcomer.emplace(Newcomer{.name = *name, .password = Secret(*std::move(password))});
    }
    co_return asked;
}

/// A new session in that organization, in place of the one that this browser had.
Task<Result<sessions::Sessions::Begun>> begin(
    Room& room, const Call& call, Accepted accepted, std::optional<Identity> who
) {
    sessions::Origin origin{
        .method = "link",
        .user_agent = std::string(call.request.header("user-agent")),
        .ip = room.sessions.address_of(call.request),
    };
    if (!accepted.is_new && who) {
        co_return co_await room.sessions.switch_to(
            call.context, *std::move(who), std::move(origin), accepted.org
        );
    }
    sessions::SignIn sign_in{.user = accepted.user, .origin = std::move(origin)};
    sign_in.former = std::move(who);
    sign_in.org = accepted.org;
    co_return co_await room.sessions.begin(call.context, std::move(sign_in));
}

Task<Result<Response>> accept(Room& room, const Call& call) {
    Asked asked = ACME_TRY(co_await read_asked(call));
    const std::string account = sessions::account_of(asked.brought);
    ACME_TRY(co_await admit(room, call, account));
    const auto who = ACME_TRY(co_await room.sessions.identify(call.request, call.context));
    const std::string address = room.sessions.address_of(call.request);
    const auto accepted = co_await room.invitations.accept(
        call.context, address, std::move(asked.brought), who, std::move(asked.newcomer)
    );
    count(room, accepted ? "ok" : "refused");
    if (!accepted) co_return std::unexpected(accepted.error());
    co_await room.tries.give_back(call.context, account, address);
    auto begun = ACME_TRY(co_await begin(room, call, *accepted, who));
    Response response = http::json(200, sessions::to_json(begun.session, true));
    response.headers.emplace_back("Set-Cookie", std::move(begun.cookie));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

void add_acceptance_routes(http::Router& router, Room& room) {
    for (const auto& schema : {proof_schema, offer_schema, acceptance_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/invitation/show",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Shows the invitation that a mail brought; that uses nothing up.",
             .request = "InvitationProof",
             .response = "InvitationOffer",
             .errors =
                 {"organizations.invitation_invalid",
                  "organizations.invitation_accepted",
                  "organizations.invitation_revoked",
                  "organizations.invitation_expired",
                  "access.cross_site",
                  "sessions.too_many_tries"}},
        .handler = [&](const Call& call) { return show(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/auth/invitation/accept",
        .access = Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Accepts an invitation as who is signed in, or with a new account.",
             .request = "InvitationAcceptance",
             .response = "Session",
             .errors =
                 {"organizations.invitation_invalid",
                  "organizations.invitation_accepted",
                  "organizations.invitation_revoked",
                  "organizations.invitation_expired",
                  "organizations.sign_in_first",
                  "organizations.not_found",
                  "accounts.invalid",
                  "accounts.sign_up_closed",
                  "access.cross_site",
                  "sessions.no_user",
                  "sessions.too_many_tries",
                  "loop.busy"}},
        .handler = [&](const Call& call) { return accept(room, call); },
    });
}

}  // namespace acme::organizations
