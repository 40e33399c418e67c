// What OpenAPI says of workers outside.
#include "platform/queues/queues_json.hpp"

#include <array>

namespace acme::queues {
namespace {

constexpr std::array all_schemas{
    http::Schema{"Pull", R"json({
  "type": "object",
  "additionalProperties": false,
  "description": "The first call names a worker and its queues, and gets a lease; those after it name the lease.",
  "properties": {
    "lease": {"type": ["string", "null"], "maxLength": 40},
    "worker": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "queues": {"type": ["array", "null"], "minItems": 1, "maxItems": 20, "items": {"type": "string"}},
    "max": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
    "wait_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 30000},
    "lease_ms": {"type": ["integer", "null"], "minimum": 2000, "maximum": 3600000},
    "holding": {
      "type": ["array", "null"], "maxItems": 1000, "items": {"type": "string"},
      "description": "The jobs that the worker has. What else stands under the lease is given out again: an answer was lost."
    }
  }
})json"},
    http::Schema{"Pulled", R"json({
  "type": "object",
  "required": ["lease", "state", "cancel", "jobs"],
  "properties": {
    "lease": {"type": "string", "pattern": "^lse_[0-9a-z]{13}$"},
    "state": {
      "type": "string",
      "enum": ["run", "quiet", "stop"],
      "description": "quiet: end what runs, take no more, close the lease. stop: end at once, close the lease."
    },
    "cancel": {"type": "array", "items": {"type": "string"}, "description": "Jobs of the lease that are to end."},
    "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/PulledJob"}}
  }
})json"},
    http::Schema{"PulledJob", R"json({
  "type": "object",
  "required": [
    "id", "queue", "kind", "payload", "attempt", "max_attempts", "timeout_ms", "key", "created_at", "traceparent"
  ],
  "properties": {
    "id": {"type": "string"},
    "queue": {"type": "string"},
    "kind": {"type": "string"},
    "payload": {},
    "attempt": {"type": "integer", "minimum": 1},
    "max_attempts": {"type": "integer"},
    "timeout_ms": {"type": "integer"},
    "key": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"},
    "traceparent": {"type": "string", "description": "Of whoever added it; a span of the work links to it."}
  }
})json"},
    http::Schema{"JobAck", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "done": {
      "type": ["array", "null"], "maxItems": 1000,
      "items": {
        "type": "object",
        "required": ["id", "attempt"],
        "additionalProperties": false,
        "properties": {
          "id": {"type": "string"},
          "attempt": {"type": "integer", "minimum": 1},
          "output": {"description": "JSON, 64 KiB at most."}
        }
      }
    },
    "failed": {
      "type": ["array", "null"], "maxItems": 1000,
      "items": {
        "type": "object",
        "required": ["id", "attempt"],
        "additionalProperties": false,
        "properties": {
          "id": {"type": "string"},
          "attempt": {"type": "integer", "minimum": 1},
          "error_type": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
          "message": {"type": ["string", "null"], "maxLength": 2000},
          "retry_in_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 604800000},
          "final": {"type": ["boolean", "null"], "description": "To the dead letters, whatever attempts are left."}
        }
      }
    },
    "progress": {
      "type": ["array", "null"], "maxItems": 1000,
      "items": {
        "type": "object",
        "required": ["id", "attempt"],
        "additionalProperties": false,
        "properties": {
          "id": {"type": "string"},
          "attempt": {"type": "integer", "minimum": 1},
          "percent": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
          "note": {"type": ["string", "null"], "maxLength": 500},
          "data": {"description": "JSON, 64 KiB at most."}
        }
      }
    },
    "fetch": {"type": ["integer", "null"], "minimum": 0, "maximum": 100, "description": "So many of the next jobs."},
    "lease_ms": {"type": ["integer", "null"], "minimum": 2000, "maximum": 3600000}
  }
})json"},
    http::Schema{"JobAcked", R"json({
  "allOf": [{"$ref": "#/components/schemas/Pulled"}],
  "type": "object",
  "required": ["lost"],
  "properties": {
    "lost": {
      "type": "array", "items": {"type": "string"},
      "description": "Jobs that are not the lease's in that attempt: nothing was written of them."
    }
  }
})json"},
    http::Schema{"LeaseTime", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {"lease_ms": {"type": ["integer", "null"], "minimum": 2000, "maximum": 3600000}}
})json"},
    http::Schema{"LeaseClosed", R"json({
  "type": "object",
  "required": ["returned"],
  "properties": {"returned": {"type": "integer", "description": "Jobs that run elsewhere now."}}
})json"},
    http::Schema{"WorkerSignal", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {"state": {"type": ["string", "null"], "enum": ["run", "quiet", "stop", null], "default": "quiet"}}
})json"},
    http::Schema{"WorkerSignalled", R"json({
  "type": "object",
  "required": ["lease", "state"],
  "properties": {"lease": {"type": "string"}, "state": {"type": "string", "enum": ["run", "quiet", "stop"]}}
})json"},
    http::Schema{"JobWorkers", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["lease", "name", "state", "queues", "slots", "running", "abandoned", "began_at", "expires_at"],
        "properties": {
          "lease": {"type": "string"},
          "name": {"type": "string"},
          "state": {"type": "string"},
          "queues": {"type": "array", "items": {"type": "string"}},
          "slots": {"type": "integer"},
          "running": {"type": "integer"},
          "abandoned": {"type": "integer", "description": "Handlers of a node that go on although their jobs were answered for."},
          "began_at": {"type": "string", "format": "date-time"},
          "expires_at": {"type": "string", "format": "date-time"}
        }
      }
    }
  }
})json"},
};

}  // namespace

std::span<const http::Schema> pull_schemas() { return all_schemas; }

}  // namespace acme::queues
