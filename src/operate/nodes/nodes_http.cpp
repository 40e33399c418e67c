#include "operate/nodes/nodes_http.hpp"

#include "io/http/router.hpp"

namespace acme::nodes {
namespace {

constexpr http::Schema nodes_schema{"Nodes", R"json({
  "type": "object",
  "required": ["data", "as_of", "dependencies", "totals"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    "as_of": {"type": "string", "format": "date-time"},
    "dependencies": {"type": "array", "items": {"$ref": "#/components/schemas/Dependency"}},
    "totals": {"$ref": "#/components/schemas/NodeTotals"}
  }
})json"};

constexpr http::Schema node_schema{"Node", R"json({
  "type": "object",
  "required": ["id", "name", "role", "release", "address", "pid", "state", "started_at", "seen_at",
               "requests_per_second", "error_ratio", "p50_ms", "p95_ms", "p99_ms", "in_flight",
               "memory_bytes", "cpu_share"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "role": {"type": "string", "enum": ["serve", "worker", "scheduler"]},
    "release": {"type": "string"},
    "address": {"type": "string"},
    "pid": {"type": "integer"},
    "state": {"type": "string", "enum": ["starting", "ready", "draining", "dead"]},
    "started_at": {"type": "string", "format": "date-time"},
    "seen_at": {"type": "string", "format": "date-time"},
    "requests_per_second": {"type": ["number", "null"]},
    "error_ratio": {"type": ["number", "null"]},
    "p50_ms": {"type": ["number", "null"]},
    "p95_ms": {"type": ["number", "null"]},
    "p99_ms": {"type": ["number", "null"]},
    "in_flight": {"type": ["integer", "null"]},
    "memory_bytes": {"type": ["integer", "null"]},
    "cpu_share": {"type": ["number", "null"]},
    "leads": {"type": ["boolean", "null"]}
  }
})json"};

constexpr http::Schema dependency_schema{"Dependency", R"json({
  "type": "object",
  "required": ["name", "kind", "state", "latency_ms", "detail"],
  "properties": {
    "name": {"type": "string"},
    "kind": {"type": "string", "enum": ["postgresql", "redis", "objects"]},
    "state": {"type": "string", "enum": ["up", "down", "unknown"]},
    "latency_ms": {"type": ["number", "null"]},
    "detail": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema totals_schema{"NodeTotals", R"json({
  "type": "object",
  "required": ["requests_per_second", "error_ratio", "p50_ms", "p95_ms", "p99_ms"],
  "properties": {
    "requests_per_second": {"type": ["number", "null"]},
    "error_ratio": {"type": ["number", "null"]},
    "p50_ms": {"type": ["number", "null"]},
    "p95_ms": {"type": ["number", "null"]},
    "p99_ms": {"type": ["number", "null"]}
  }
})json"};

Task<Result<http::Response>> list(Nodes& nodes, const http::Call& call) {
    const Fleet fleet = co_await nodes.list(call.context);
    co_return http::Response{.body = to_json(fleet)};
}

Task<std::string> snapshot(Nodes& nodes, trace::Context context) {
    const Fleet fleet = co_await nodes.list(context);
    co_return to_json(fleet);
}

}  // namespace

void add_routes(http::Router& router, Nodes& nodes) {
    for (const http::Schema& schema :
         {nodes_schema, node_schema, dependency_schema, totals_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/nodes",
        .access = http::Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the processes of the installation and how they fare.",
             .response = "Nodes"},
        .handler = [&nodes](const http::Call& call) { return list(nodes, call); },
    });
}

void add_live(events::Hub& hub, Nodes& nodes) {
    hub.add_live("nodes", beat_period, [&nodes](trace::Context context) {
        return snapshot(nodes, context);
    });
}

}  // namespace acme::nodes
