// Leaving for a provider and coming back. A person looks at what these routes answer, so a refusal
// is an address of the dashboard that says its code; only what no dashboard asks for is a problem.
#include "base/bytes.hpp"
#include "io/http/json.hpp"
#include "platform/factors/factors.hpp"
#include "platform/identities/address.hpp"
#include "platform/identities/identities.hpp"
#include "platform/identities/identities_http.hpp"
#include "platform/identities/remote.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/signed_in.hpp"
#include "platform/sessions/tries.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace acme::identities {
namespace {

using http::Access;
using http::Call;
using http::Response;

/// All that a provider may take, with what it is asked for one after the other.
constexpr std::chrono::milliseconds time_max{25'000};

constexpr http::Schema providers_schema{"SignInProviders", R"({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "title"],
        "properties": {"name": {"type": "string"}, "title": {"type": "string"}}
      }
    }
  }
})"};

std::unexpected<Error> no_provider() {
    return refuse(
        ErrorKind::not_found, "identities.no_provider", "There is no such provider here."
    );
}

std::unexpected<Error> invalid_flight() {
    return refuse(
        ErrorKind::unauthenticated,
        "identities.flight_invalid",
        "This sign-in began in another browser, or more than ten minutes ago. Begin again."
    );
}

Response lead_to(std::string location) {
    Response response{.status = 303};
    response.headers.emplace_back("Location", std::move(location));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

/// Where the refusal is said, and how to go on from there.
Response lead_back(const Error& error, bool connects, std::string_view next) {
    const std::string code(error.code.text());
    if (connects) return lead_to("/me?problem=" + query_encoded(code));
    std::string location = "/sign-in?problem=" + query_encoded(code);
    if (next.size() > 1) location += "&next=" + query_encoded(next);
    return lead_to(std::move(location));
}

Task<Result<Response>> list(Room& room) {
    boost::json::array data;
    for (const Remote::Known& known : room.remote.providers()) {
        data.push_back({{"name", known.provider.name}, {"title", known.provider.title}});
    }
    Response response = http::json(200, {{"data", std::move(data)}});
    response.headers.emplace_back("Cache-Control", "no-cache");
    co_return response;
}

Task<Result<Response>> start(Room& room, const Call& call) {
    Remote::Known* const provider = room.remote.find(call.params[0]);
    if (provider == nullptr) co_return no_provider();
    const std::string next = call.request.query("next").value_or("/");
    if (!is_own_path(next)) {
        co_return refuse(
            ErrorKind::invalid, "identities.next_foreign", "next must be a path of this platform."
        );
    }
    const Flight flight = Flights::begin(
        provider->provider.name,
        next,
        std::nullopt,
        room.telemetry.clock.now(),
        room.telemetry.random
    );
    auto location = co_await room.remote.address_for(call.context, *provider, flight);
    if (!location) {
        sessions::count_event(room.telemetry.metrics, "oidc", "refused");
        co_return lead_back(location.error(), false, next);
    }
    Response response = lead_to(*std::move(location));
    response.headers.emplace_back("Set-Cookie", room.flights.set(flight, room.telemetry.random));
    co_return response;
}

Task<Result<Person>> person_in(
    Room& room, const Call& call, Remote::Known& provider, const Flight& flight
) {
    auto code = call.request.query("code");
    if (!code || call.request.query("error")) {
        co_return refuse(
            ErrorKind::forbidden,
            "identities.denied",
            "The provider did not sign you in, or you called it off there."
        );
    }
    Remote::Return brought{
        .code = *std::move(code), .issuer = call.request.query("iss").value_or("")
    };
    co_return co_await room.remote.redeem(call.context, provider, flight, std::move(brought));
}

/// Where the browser goes on, and with which session: what begins none has none.
struct Landing {
    std::string location;
    std::string cookie = "";
    const char* result = "ok";
};

/// The token is in the fragment, which browsers send to nobody and no log has.
std::string address_of(const factors::Step& step, std::string_view next) {
    std::string location = "/sign-in";
    if (next.size() > 1) location += "?next=" + query_encoded(next);
    location += "#mfa_token=" + query_encoded(step.token) + "&methods=";
    for (const std::string_view method : step.methods) {
        if (!location.ends_with('=')) location += ',';
        location += method;
    }
    return location;
}

/// A new session in place of the one that this browser had, or the way to the second factor.
Task<Result<Landing>> sign_in(
    Room& room, const Call& call, Remote::Known& provider, const Flight& flight
) {
    Person person = ACME_TRY(co_await person_in(room, call, provider, flight));
    const UserId user = ACME_TRY(co_await room.identities.sign_in(
        call.context, room.sessions.address_of(call.request), provider.provider, std::move(person)
    ));
    const auto standing = co_await room.accounts.standing(call.context, user);
    const std::int64_t token_epoch = standing ? standing->token_epoch : 0;
    factors::Passed passed{.user = user, .token_epoch = token_epoch, .method = "oidc"};
    if (const auto step = co_await room.factors.ask(call.context, std::move(passed))) {
        co_return Landing{.location = address_of(*step, flight.next), .result = "mfa_required"};
    }
    sessions::SignIn sign_in{
        .user = user,
        .origin = sessions::origin_of(room.sessions, call, "oidc"),
        .token_epoch = token_epoch,
        .former = co_await sessions::former_of(room.sessions, call),
    };
    auto begun = ACME_TRY(co_await room.sessions.begin(call.context, std::move(sign_in)));
    co_return Landing{.location = flight.next, .cookie = std::move(begun.cookie)};
}

/// Only who began it: whoever is signed in here meanwhile is connected to nothing.
Task<Result<Landing>> connect(
    Room& room, const Call& call, Remote::Known& provider, const Flight& flight
) {
    const auto who = ACME_TRY(co_await room.sessions.identify(call.request, call.context));
    if (!who || who->user != flight.user) co_return invalid_flight();
    Person person = ACME_TRY(co_await person_in(room, call, provider, flight));
    audit::Actor actor{
        .name = who->user.str(), .org = who->org, .ip = room.sessions.address_of(call.request)
    };
    ACME_TRY(co_await room.identities.link(
        call.context, std::move(actor), who->user, provider.provider, std::move(person)
    ));
    co_return Landing{.location = flight.next};
}

/// The flight that this answer belongs to.
Result<Flight> flight_of(const Room& room, const Call& call) {
    auto flight = room.flights.read(call.request, room.telemetry.clock.now());
    const std::string state = call.request.query("state").value_or("");
    if (!flight || flight->provider != call.params[0] ||
        !equals_in_constant_time(flight->state, state)) {
        return invalid_flight();
    }
    return *std::move(flight);
}

Task<Result<Response>> come_back(Room& room, const Call& call) {
    Remote::Known* const provider = room.remote.find(call.params[0]);
    if (provider == nullptr) co_return no_provider();
    const auto flight = flight_of(room, call);
    if (!flight) {
        // Whose flight is still under way keeps it: somebody else may have sent this browser here.
        sessions::count_event(room.telemetry.metrics, "oidc", "refused");
        co_return lead_back(flight.error(), false, "/");
    }
    const bool connects = flight->user.has_value();
    const char* const kind = connects ? "oidc_link" : "oidc";
    Metrics& metrics = room.telemetry.metrics;
    const std::string address = room.sessions.address_of(call.request);
    const auto admitted = co_await room.tries.admit(call.context, "", address);
    if (!admitted) {
        sessions::count_event(metrics, kind, "limited");
        co_return lead_back(admitted.error(), connects, flight->next);
    }
    const auto landing = connects ? co_await connect(room, call, *provider, *flight)
                                  : co_await sign_in(room, call, *provider, *flight);
    sessions::count_event(metrics, kind, landing ? landing->result : "refused");
    if (landing) co_await room.tries.give_back(call.context, "", address);
    Response response =
        landing ? lead_to(landing->location) : lead_back(landing.error(), connects, flight->next);
    if (landing && !landing->cookie.empty()) {
        response.headers.emplace_back("Set-Cookie", landing->cookie);
    }
    response.headers.emplace_back("Set-Cookie", room.flights.clear());
    co_return response;
}

}  // namespace

void add_flight_routes(http::Router& router, Room& room) {
    router.add_schema(providers_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/auth/oidc/providers",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the providers that people can sign in with.",
             .response = "SignInProviders"},
        .handler = [&](const Call&) { return list(room); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/auth/oidc/{provider}/start",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Leads a browser to a provider to sign in there, or back with a problem.",
             .status = 303,
             .query = {"next"},
             .errors = {"identities.no_provider", "identities.next_foreign"}},
        .handler = [&](const Call& call) { return start(room, call); },
        .time_max = time_max,
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/auth/oidc/{provider}/callback",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Takes a browser back from a provider, and leads it on or back with a "
                        "problem.",
             .status = 303,
             .query = {"code", "state", "iss", "error"},
             .errors = {"identities.no_provider"}},
        .handler = [&](const Call& call) { return come_back(room, call); },
        .time_max = time_max,
    });
}

}  // namespace acme::identities
