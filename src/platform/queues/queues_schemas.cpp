// What OpenAPI says of jobs and queues.
#include "platform/queues/queues_json.hpp"

#include <array>

namespace acme::queues {
namespace {

constexpr std::array all_schemas{
    http::Schema{"Job", R"json({
  "type": "object",
  "required": [
    "id", "state", "queue", "kind", "payload", "priority", "attempt", "max_attempts", "timeout_ms", "key", "user",
    "created_at", "run_at", "started_at", "ended_at", "cancel_asked_at", "error", "output", "worker", "trace_id",
    "request_id"
  ],
  "properties": {
    "id": {"type": "string", "pattern": "^job_[0-9a-z]{13}$"},
    "state": {
      "type": "string",
      "enum": ["waiting", "scheduled", "retrying", "parked", "running", "done", "dead", "cancelled", "discarded"],
      "description": "Due; due later; due later for another attempt; behind others of its key; and what they say."
    },
    "queue": {"type": "string"},
    "kind": {"type": "string"},
    "payload": {"description": "As it was given, without what looks like a secret."},
    "priority": {"type": "integer", "minimum": 0, "maximum": 9},
    "attempt": {"type": "integer", "minimum": 0},
    "max_attempts": {"type": ["integer", "null"]},
    "timeout_ms": {"type": ["integer", "null"]},
    "key": {"type": ["string", "null"]},
    "user": {"type": ["string", "null"], "description": "Who added it."},
    "created_at": {"type": "string", "format": "date-time"},
    "run_at": {"type": ["string", "null"], "format": "date-time"},
    "started_at": {"type": ["string", "null"], "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"},
    "cancel_asked_at": {"type": ["string", "null"], "format": "date-time"},
    "error": {
      "type": ["object", "null"],
      "description": "Of the last attempt that failed.",
      "required": ["type", "message"],
      "properties": {"type": {"type": "string"}, "message": {"type": "string"}}
    },
    "output": {"description": "What its worker gave back, without what looks like a secret."},
    "worker": {"type": ["string", "null"]},
    "trace_id": {"type": ["string", "null"]},
    "request_id": {"type": "string"}
  }
})json"},
    http::Schema{"Jobs", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"JobDetails", R"json({
  "allOf": [{"$ref": "#/components/schemas/Job"}],
  "type": "object",
  "required": ["attempts", "progress"],
  "properties": {
    "attempts": {"type": "array", "items": {"$ref": "#/components/schemas/JobAttempt"}},
    "progress": {
      "type": ["object", "null"],
      "required": ["percent", "note", "data", "at"],
      "properties": {
        "percent": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "note": {"type": "string"},
        "data": {},
        "at": {"type": "string", "format": "date-time"}
      }
    }
  }
})json"},
    http::Schema{"JobAttempt", R"json({
  "type": "object",
  "required": ["number", "began_at", "ended_at", "outcome", "error", "worker", "trace_id"],
  "properties": {
    "number": {"type": "integer"},
    "began_at": {"type": ["string", "null"], "format": "date-time"},
    "ended_at": {"type": "string", "format": "date-time"},
    "outcome": {"type": "string"},
    "error": {
      "type": ["object", "null"],
      "required": ["type", "message"],
      "properties": {"type": {"type": "string"}, "message": {"type": "string"}}
    },
    "worker": {"type": ["string", "null"]},
    "trace_id": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"JobCauses", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["queue", "kind", "error_type", "error", "release", "dead", "retrying", "first_at", "last_at", "example"],
        "properties": {
          "queue": {"type": "string"},
          "kind": {"type": "string"},
          "error_type": {"type": "string"},
          "error": {"type": "string", "description": "How it begins, up to 200 characters."},
          "release": {"type": ["string", "null"], "description": "Of the worker node that met it first."},
          "dead": {"type": "integer"},
          "retrying": {"type": "integer"},
          "first_at": {"type": "string", "format": "date-time"},
          "last_at": {"type": "string", "format": "date-time"},
          "example": {"type": "string"}
        }
      }
    }
  }
})json"},
    http::Schema{"JobThroughput", R"json({
  "type": "object",
  "required": ["minute_max", "data"],
  "properties": {
    "minute_max": {"type": "integer", "description": "More of a minute are not counted."},
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["at", "done", "failed"],
        "properties": {
          "at": {"type": "string", "format": "date-time"},
          "done": {"type": "integer"},
          "failed": {"type": "integer", "description": "Dead, or discarded."}
        }
      }
    }
  }
})json"},
    http::Schema{"NewJob", R"json({
  "type": "object",
  "required": ["kind"],
  "additionalProperties": false,
  "properties": {
    "queue": {"type": ["string", "null"], "minLength": 1, "maxLength": 63, "default": "default"},
    "kind": {"type": "string", "minLength": 1, "maxLength": 63},
    "payload": {"description": "Any JSON, 64 KiB at most; {} without it."},
    "run_at": {"type": ["string", "null"], "format": "date-time"},
    "delay_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 31622400000},
    "priority": {"type": ["integer", "null"], "minimum": 0, "maximum": 9, "description": "0 comes first; 5 is usual."},
    "max_attempts": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
    "timeout_ms": {"type": ["integer", "null"], "minimum": 100, "maximum": 86400000},
    "key": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
    "key_max": {
      "type": ["integer", "null"], "minimum": 1, "maximum": 10000,
      "description": "How many jobs of this queue and key run at once; 1 is usual."
    },
    "unique": {
      "type": ["object", "null"],
      "description": "While a job of this key has not ended, and until ttl_seconds if given, it is the only one.",
      "required": ["key"],
      "additionalProperties": false,
      "properties": {
        "key": {"type": "string", "minLength": 1, "maxLength": 200},
        "scope": {"type": ["string", "null"], "enum": ["queue", "kind", "organization", null]},
        "ttl_seconds": {"type": ["integer", "null"], "minimum": 1, "maximum": 31536000}
      }
    }
  }
})json"},
    http::Schema{"AddedJob", R"json({
  "type": "object",
  "required": ["id", "duplicate"],
  "properties": {
    "id": {"type": "string"},
    "duplicate": {"type": "boolean", "description": "It is the one that was there."}
  }
})json"},
    http::Schema{"NewJobs", R"json({
  "type": "object",
  "required": ["jobs"],
  "additionalProperties": false,
  "properties": {
    "jobs": {"type": "array", "maxItems": 10000, "items": {"$ref": "#/components/schemas/NewJob"}}
  }
})json"},
    http::Schema{"AddedJobs", R"json({
  "type": "object",
  "required": ["added", "refused", "results"],
  "properties": {
    "added": {"type": "integer"},
    "refused": {"type": "integer"},
    "results": {
      "type": "array",
      "description": "In the order of the jobs.",
      "items": {
        "type": "object",
        "properties": {
          "id": {"type": "string"},
          "duplicate": {"type": "boolean"},
          "error": {
            "type": "object",
            "required": ["code", "detail", "errors"],
            "properties": {
              "code": {"type": "string"},
              "detail": {"type": "string"},
              "errors": {"type": "array", "items": {"type": "object"}}
            }
          }
        }
      }
    }
  }
})json"},
    http::Schema{"JobAction", R"json({
  "type": "object",
  "required": ["id", "action", "was"],
  "properties": {
    "id": {"type": "string"},
    "action": {"type": "string", "enum": ["cancel", "retry", "promote", "reschedule"]},
    "was": {"type": "string", "description": "Its state before."}
  }
})json"},
    http::Schema{"JobTime", R"json({
  "type": "object",
  "additionalProperties": false,
  "description": "One of both.",
  "properties": {
    "run_at": {"type": ["string", "null"], "format": "date-time"},
    "delay_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 31622400000}
  }
})json"},
    http::Schema{"JobBulk", R"json({
  "type": "object",
  "required": ["filter", "action"],
  "additionalProperties": false,
  "properties": {
    "action": {"type": "string", "enum": ["cancel", "retry", "promote", "discard"]},
    "dry_run": {"type": ["boolean", "null"], "default": true},
    "filter": {
      "type": "object",
      "minProperties": 1,
      "additionalProperties": false,
      "properties": {
        "queue": {"type": ["string", "null"], "minLength": 1, "maxLength": 63},
        "state": {
          "type": ["string", "null"],
          "enum": ["waiting", "scheduled", "retrying", "parked", "running", "dead", "discarded", null]
        },
        "kind": {"type": ["string", "null"], "minLength": 1, "maxLength": 63},
        "key": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
        "user": {"type": ["string", "null"], "minLength": 1, "maxLength": 40},
        "error_type": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
        "error": {"type": ["string", "null"], "minLength": 1, "maxLength": 200, "description": "How it begins."},
        "ids": {"type": ["array", "null"], "minItems": 1, "maxItems": 1000, "items": {"type": "string"}}
      }
    }
  }
})json"},
    http::Schema{"JobRedrive", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "dry_run": {"type": ["boolean", "null"], "default": true},
    "kind": {"type": ["string", "null"], "minLength": 1, "maxLength": 63},
    "error_type": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
    "error": {"type": ["string", "null"], "minLength": 1, "maxLength": 200, "description": "How it begins."}
  }
})json"},
    http::Schema{"JobBulkResult", R"json({
  "type": "object",
  "required": ["action", "dry_run", "matched", "has_more", "changed", "examples"],
  "properties": {
    "action": {"type": "string"},
    "dry_run": {"type": "boolean"},
    "matched": {"type": "integer", "maximum": 10000},
    "has_more": {"type": "boolean", "description": "Beyond these 10,000: ask again."},
    "changed": {"type": "integer"},
    "examples": {"type": "array", "items": {"type": "string"}}
  }
})json"},
    http::Schema{"Queue", R"json({
  "type": "object",
  "required": [
    "name", "paused", "running_max", "rate_per_second", "rate_burst", "max_attempts", "timeout_ms", "keep_done_seconds",
    "keep_dead_seconds", "depth_alert", "created_at", "depth", "oldest_ms", "scheduled", "parked", "running", "dead",
    "done_per_minute", "dead_per_minute", "wait_ms", "run_ms"
  ],
  "properties": {
    "name": {"type": "string"},
    "paused": {
      "type": ["object", "null"],
      "required": ["at", "by", "reason"],
      "properties": {
        "at": {"type": "string", "format": "date-time"},
        "by": {"type": "string"},
        "reason": {"type": "string"}
      }
    },
    "running_max": {"type": ["integer", "null"]},
    "rate_per_second": {"type": ["number", "null"]},
    "rate_burst": {"type": ["integer", "null"]},
    "max_attempts": {"type": "integer"},
    "timeout_ms": {"type": "integer"},
    "keep_done_seconds": {"type": "integer"},
    "keep_dead_seconds": {"type": "integer"},
    "depth_alert": {"type": "integer"},
    "created_at": {"type": "string", "format": "date-time"},
    "depth": {"type": "integer", "description": "Due and not begun; from 20001 on there are more."},
    "oldest_ms": {"type": "integer"},
    "scheduled": {"type": "integer"},
    "parked": {"type": "integer"},
    "running": {"type": "integer"},
    "dead": {"type": "integer"},
    "done_per_minute": {"type": "number"},
    "dead_per_minute": {"type": "number"},
    "wait_ms": {"$ref": "#/components/schemas/JobSpread"},
    "run_ms": {"$ref": "#/components/schemas/JobSpread"}
  }
})json"},
    http::Schema{"JobSpread", R"json({
  "type": "object",
  "description": "Of the newest 10,000 jobs that ended within an hour.",
  "required": ["p50", "p95", "p99"],
  "properties": {
    "p50": {"type": ["integer", "null"]},
    "p95": {"type": ["integer", "null"]},
    "p99": {"type": ["integer", "null"]}
  }
})json"},
    http::Schema{"Queues", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Queue"}}}
})json"},
    http::Schema{"QueueSettings", R"json({
  "type": "object",
  "additionalProperties": false,
  "description": "What is absent stays; null takes a limit away.",
  "properties": {
    "running_max": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "rate_per_second": {"type": ["number", "null"], "minimum": 0.001, "maximum": 1000000},
    "rate_burst": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "max_attempts": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
    "timeout_ms": {"type": ["integer", "null"], "minimum": 100, "maximum": 86400000},
    "keep_done_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": 2592000},
    "keep_dead_seconds": {"type": ["integer", "null"], "minimum": 3600, "maximum": 7776000},
    "depth_alert": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000}
  }
})json"},
    http::Schema{"QueuePause", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {"reason": {"type": ["string", "null"], "maxLength": 200}}
})json"},
    http::Schema{"QueuePaused", R"json({
  "type": "object",
  "required": ["queue", "paused"],
  "properties": {"queue": {"type": "string"}, "paused": {"type": "boolean"}}
})json"},
    http::Schema{"QueueDrained", R"json({
  "type": "object",
  "required": ["queue", "workers"],
  "properties": {"queue": {"type": "string"}, "workers": {"type": "integer", "description": "How many were told."}}
})json"},
    http::Schema{"QueuePurge", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {"dry_run": {"type": ["boolean", "null"], "default": true}}
})json"},
    http::Schema{"QueuePurged", R"json({
  "type": "object",
  "required": ["queue", "dry_run", "matched", "has_more", "changed"],
  "properties": {
    "queue": {"type": "string"},
    "dry_run": {"type": "boolean"},
    "matched": {"type": "integer", "maximum": 10000},
    "has_more": {"type": "boolean"},
    "changed": {"type": "integer"}
  }
})json"},
};

}  // namespace

std::span<const http::Schema> schemas() { return all_schemas; }

}  // namespace acme::queues
