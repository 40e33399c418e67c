#include "operate/drills/drills_http.hpp"

#include "io/http/json.hpp"
#include "operate/drills/calendar.hpp"

#include <boost/json/array.hpp>

namespace acme::drills {
namespace {

namespace json = boost::json;
using changes::Drill;
using changes::Drills;

constexpr http::Schema drill_schema{"Drill", R"json({
  "type": "object",
  "required": ["id", "kind", "environment", "release", "actor", "begun_at", "ended_at", "result",
               "window_until", "expected"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string"},
    "kind": {"type": "string"},
    "environment": {"type": "string"},
    "release": {"type": "string"},
    "actor": {"type": "string"},
    "begun_at": {"type": "string", "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"},
    "result": {"type": "string", "enum": ["", "passed", "failed", "stopped"]},
    "window_until": {"type": ["string", "null"], "format": "date-time"},
    "expected": {"type": "array", "items": {
      "type": "object",
      "required": ["what", "found", "is_met"],
      "additionalProperties": false,
      "properties": {
        "what": {"type": "string"},
        "found": {"type": "string"},
        "is_met": {"type": "boolean"}
      }
    }}
  }
})json"};

constexpr http::Schema due_schema{"DrillDue", R"json({
  "type": "object",
  "required": ["kind", "every_days", "last_result", "last_at", "passed_at", "due_at", "is_overdue"],
  "additionalProperties": false,
  "properties": {
    "kind": {"type": "string"},
    "every_days": {"type": "integer"},
    "last_result": {"type": ["string", "null"]},
    "last_at": {"type": ["string", "null"], "format": "date-time"},
    "passed_at": {"type": ["string", "null"], "format": "date-time"},
    "due_at": {"type": ["string", "null"], "format": "date-time"},
    "is_overdue": {"type": "boolean"}
  }
})json"};

constexpr http::Schema drills_schema{"Drills", R"json({
  "type": "object",
  "required": ["data", "calendar"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Drill"}},
    "calendar": {"type": "array", "items": {"$ref": "#/components/schemas/DrillDue"}}
  }
})json"};

Task<Result<http::Response>> list(
    pg::Database& db, const Clock& clock, std::string environment, const http::Call& call
) {
    Drills drills(db);
    const auto all = co_await drills.list(call.context, std::move(environment), Drills::list_max);
    json::array data;
    for (const Drill& drill : all) data.push_back(to_json(drill));
    json::array dues;
    for (const Due& due : calendar(all, clock.now())) dues.push_back(to_json(due));
    co_return http::json(
        200, json::object{{"data", std::move(data)}, {"calendar", std::move(dues)}}
    );
}

}  // namespace

void add_routes(
    http::Router& router, pg::Database& db, const Clock& clock, std::string environment
) {
    router.add_schema(drill_schema);
    router.add_schema(due_schema);
    router.add_schema(drills_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/drills",
        .access = http::Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the 200 newest drills, the newest first, and which are due when.",
             .response = "Drills"},
        .handler = [&db, &clock, environment = std::move(environment)](const http::Call& call
                   ) { return list(db, clock, environment, call); },
    });
}

}  // namespace acme::drills
