#include "operate/pings/pings_http.hpp"

#include "io/http/json.hpp"
#include "io/http/time.hpp"

namespace acme::pings {
namespace {

using http::Call;
using http::Response;

constexpr http::Schema ping_schema{"Ping", R"json({
  "type": "object",
  "required": ["id", "asked_at", "done_at"],
  "properties": {
    "id": {"type": "string"},
    "asked_at": {"type": "string", "format": "date-time"},
    "done_at": {"type": ["string", "null"], "format": "date-time"}
  }
})json"};

Response to_response(int status, const Ping& ping) {
    boost::json::object object{
        {"id", ping.id.str()}, {"asked_at", http::to_json(ping.asked_at)}, {"done_at", nullptr}
    };
    if (ping.done_at) object["done_at"] = http::to_json(*ping.done_at);
    return http::json(status, object);
}

Result<PingId> id_in(const Call& call) {
    const auto id = PingId::parse(call.params[0]);
    if (!id) return refuse(ErrorKind::not_found, "pings.not_found", "There is no such ping.");
    return *id;
}

Task<Result<Response>> ask(Pings& pings, const Call& call) {
    co_return to_response(202, ACME_TRY(co_await pings.ask(call.context, call.who().user)));
}

Task<Result<Response>> find(Pings& pings, const Call& call) {
    const PingId id = ACME_TRY(id_in(call));
    co_return to_response(200, ACME_TRY(co_await pings.find(call.context, call.who().user, id)));
}

Task<Result<Response>> remove(Pings& pings, const Call& call) {
    const PingId id = ACME_TRY(id_in(call));
    co_await pings.remove(call.context, call.who().user, id);
    co_return Response{.status = 204};
}

}  // namespace

void add_routes(http::Router& router, Pings& pings) {
    const auto access = http::Access::platform(PlatformRole::viewer);
    router.add_schema(ping_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/pings",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Enqueues a job that only says that it ran.",
             .response = "Ping",
             .status = 202,
             .errors = {"pings.many"}},
        .handler = [&pings](const Call& call) { return ask(pings, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/pings/{id}",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows whether your ping was answered.",
             .response = "Ping",
             .errors = {"pings.not_found"}},
        .handler = [&pings](const Call& call) { return find(pings, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/pings/{id}",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Removes your ping.", .status = 204, .errors = {"pings.not_found"}},
        .handler = [&pings](const Call& call) { return remove(pings, call); },
    });
}

}  // namespace acme::pings
