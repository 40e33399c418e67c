#include "operate/drift/drift_http.hpp"

#include "io/http/json.hpp"
#include "operate/drift/drift.hpp"

#include <boost/json/array.hpp>

namespace acme::drift {
namespace {

namespace json = boost::json;

constexpr http::Schema deviation_schema{"Deviation", R"json({
  "type": "object",
  "required": ["what", "where", "recorded", "found", "since"],
  "additionalProperties": false,
  "properties": {
    "what": {"type": "string", "enum": ["release", "process", "answer", "presence", "address", "state",
                                        "weight", "file"]},
    "where": {"type": "string"},
    "recorded": {"type": "string"},
    "found": {"type": "string"},
    "since": {"type": "string", "format": "date-time"}
  }
})json"};

constexpr http::Schema drift_schema{"Drift", R"json({
  "type": "object",
  "required": ["looked_at", "release", "note", "data"],
  "additionalProperties": false,
  "properties": {
    "looked_at": {"type": ["string", "null"], "format": "date-time"},
    "release": {"type": "string"},
    "note": {"type": "string", "description": "Why nothing was compared; empty when it was."},
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Deviation"}}
  }
})json"};

Task<Result<http::Response>> last(
    pg::Database& db, std::string environment, const http::Call& call
) {
    Looks looks(db);
    const auto found = co_await looks.last(call.context, std::move(environment));
    if (found) co_return http::json(200, to_json(*found));
    co_return http::json(
        200,
        json::object{
            {"looked_at", nullptr},
            {"release", ""},
            {"note", "Nobody has looked yet."},
            {"data", json::array()}
        }
    );
}

}  // namespace

void add_routes(http::Router& router, pg::Database& db, std::string environment) {
    router.add_schema(deviation_schema);
    router.add_schema(drift_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/drift",
        .access = http::Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows what was not as it is recorded when somebody last looked.",
             .response = "Drift"},
        .handler = [&db, environment = std::move(environment)](const http::Call& call
                   ) { return last(db, environment, call); },
    });
}

}  // namespace acme::drift
