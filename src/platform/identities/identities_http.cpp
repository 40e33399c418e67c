// The accounts elsewhere that a user has connected.
#include "platform/identities/identities_http.hpp"

#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/identities/address.hpp"
#include "platform/identities/identities.hpp"
#include "platform/identities/remote.hpp"
#include "platform/sessions/sessions.hpp"

#include <boost/json/array.hpp>

namespace acme::identities {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t body_bytes_max = std::size_t{4} * 1024;

constexpr http::Schema identity_schema{"Identity", R"({
  "type": "object",
  "required": ["id", "provider", "title", "email", "created_at", "last_used_at"],
  "properties": {
    "id": {"type": "string"},
    "provider": {"type": "string"},
    "title": {"type": "string"},
    "email": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema identities_schema{"Identities", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Identity"}},
    "next_cursor": {"type": "null"}
  }
})"};

constexpr http::Schema connection_schema{"IdentityConnection", R"({
  "type": "object",
  "required": ["provider"],
  "additionalProperties": false,
  "properties": {"provider": {"type": "string", "minLength": 1, "maxLength": 32}}
})"};

constexpr http::Schema departure_schema{"IdentityDeparture", R"({
  "type": "object",
  "required": ["location"],
  "properties": {"location": {"type": "string"}}
})"};

/// What is not configured any more has no title.
boost::json::object to_json(const Linked& linked, const Remote::Known* known) {
    boost::json::value email;
    if (!linked.email.empty()) email = linked.email;
    return {
        {"id", linked.id.str()},
        {"provider", linked.provider},
        {"title", known == nullptr ? linked.provider : known->provider.title},
        {"email", std::move(email)},
        {"created_at", http::to_json(linked.created_at)},
        {"last_used_at", http::to_json(linked.last_used_at)},
    };
}

Task<Result<Response>> list(Room& room, const Call& call) {
    boost::json::array data;
    for (const Linked& linked : co_await room.identities.list(call.context, call.who().user)) {
        data.push_back(to_json(linked, room.remote.find(linked.provider)));
    }
    co_return http::json(200, {{"data", std::move(data)}, {"next_cursor", nullptr}});
}

/// Answers a POST, which no other site can send in somebody's name: else it could have an account
/// of its own connected to theirs.
Task<Result<Response>> connect(Room& room, const Call& call) {
    ACME_TRY(co_await room.sessions.check_recent(call.context, call.who()));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string name = fields.text("provider", {1, 32});
    ACME_TRY(fields.finish());
    Remote::Known* const provider = room.remote.find(name);
    if (provider == nullptr) {
        co_return refuse(
            ErrorKind::not_found, "identities.no_provider", "There is no such provider here."
        );
    }
    const Flight flight = Flights::begin(
        name, "/me", call.who().user, room.telemetry.clock.now(), room.telemetry.random
    );
    const std::string location =
        ACME_TRY(co_await room.remote.address_for(call.context, *provider, flight));
    Response response = http::json(200, {{"location", location}});
    response.headers.emplace_back("Set-Cookie", room.flights.set(flight, room.telemetry.random));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> unlink(Room& room, const Call& call) {
    const auto id = IdentityId::parse(call.params[0]);
    if (!id) {
        co_return refuse(
            ErrorKind::not_found, "identities.not_found", "There is no such connected account."
        );
    }
    const Identity& who = call.who();
    ACME_TRY(co_await room.sessions.check_recent(call.context, who));
    audit::Actor actor{
        .name = who.user.str(), .org = who.org, .ip = room.sessions.address_of(call.request)
    };
    ACME_TRY(co_await room.identities.unlink(call.context, std::move(actor), who.user, *id));
    co_return Response{.status = 204};
}

}  // namespace

void add_routes(http::Router& router, Room& room) {
    add_flight_routes(router, room);
    for (const auto& schema :
         {identity_schema, identities_schema, connection_schema, departure_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/me/identities",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the accounts elsewhere that you can sign in with.",
             .response = "Identities"},
        .handler = [&](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/me/identities",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Begins to connect an account elsewhere: says where your browser is to go.",
             .request = "IdentityConnection",
             .response = "IdentityDeparture",
             .errors =
                 {"identities.no_provider",
                  "identities.provider_unavailable",
                  "sessions.proof_too_old"}},
        .handler = [&](const Call& call) { return connect(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/me/identities/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Disconnects an account elsewhere.",
             .status = 204,
             .errors = {"identities.not_found", "identities.last_way_in", "sessions.proof_too_old"}
            },
        .handler = [&](const Call& call) { return unlink(room, call); },
    });
}

}  // namespace acme::identities
